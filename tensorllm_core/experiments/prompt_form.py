"""How the prompts of a question set become text for one tokenizer: as they are, or inside its chat template.

As a plain loop would do it: the prompt is the one message of the user, the template writes everything up to where the
model begins to answer, and the text is tokenised without special tokens, because the template has written them. Between
that text and an answer stands what the template itself writes there: usually nothing, in some templates a space.
"""

from __future__ import annotations

from typing import Any

from tensorllm_core.benchmarks.benchmark import NO_TEXT, Question, QuestionSet
from tensorllm_core.errors import BenchmarkError
from tensorllm_core.models.devices import is_out_of_memory

__all__ = ["PromptForm"]

_ANSWER, _QUESTION = "answer8f3b", "question8f3b"
"""Texts that no template writes by itself."""
_LONGEST = 200_000
"""Characters of a prompt in its template; a template that writes more is broken."""


class PromptForm:
    """The texts of prompts for one tokenizer.

    `adds_special_tokens` says whether the tokenizer is to add its own. `joint` stands between prompt and answer, and
    `ending` is the end that all prompts have in common.
    """

    def __init__(self, question_set: QuestionSet, tokenizer: Any, model: str) -> None:
        """Try the chat template, where the set asks for it.

        Args:
            tokenizer: of transformers.
            model: its name in messages.

        Raises:
            BenchmarkError: there is no chat template, or it fails.
        """
        self._set, self._tokenizer, self._model = question_set, tokenizer, model
        self.adds_special_tokens, self.joint, self.ending = True, " ", ""
        if not question_set.chat:
            return
        if not getattr(tokenizer, "chat_template", None):
            raise BenchmarkError(
                f"Expected a tokenizer with a chat template for `{model}`, got one without; ask without "
                "the chat template."
            )
        text = self._rendered(_QUESTION)
        if text.count(_QUESTION) != 1:
            raise self._broken(f"one that writes the question {text.count(_QUESTION)} times")
        self.adds_special_tokens, self.ending = False, text.partition(_QUESTION)[2]
        self.joint = self._joint(text)

    def text(self, question: Question) -> str:
        """What the model reads before it answers.

        Raises:
            BenchmarkError: the chat template fails.
        """
        prompt = self._set.prompt(question)
        return self._rendered(prompt) if self._set.chat else prompt

    def _joint(self, text: str) -> str:
        """What the template writes between its prompt and an answer; of what cannot be, nothing after a space."""
        otherwise = "" if not self.ending or self.ending[-1].isspace() else " "
        try:
            whole = self._rendered(_QUESTION, _ANSWER)
        except BenchmarkError:
            return otherwise
        between = whole.removeprefix(text).partition(_ANSWER)[0]
        return between if whole.startswith(text) and between in {"", " "} else otherwise

    def _rendered(self, prompt: str, answer: str | None = None) -> str:
        messages = [{"role": "user", "content": prompt}]
        if answer is not None:
            messages.append({"role": "assistant", "content": answer})
        try:
            text = self._tokenizer.apply_chat_template(messages, add_generation_prompt=answer is None, tokenize=False)
        except Exception as error:
            # A template is a program of somebody else: it may raise whatever it likes.
            if is_out_of_memory(error):
                raise
            lines = f"{error}".strip().splitlines() or [type(error).__name__]
            raise self._broken(f"one that fails ({lines[0][:200]})") from error
        if not isinstance(text, str) or len(text) > _LONGEST + len(prompt) or NO_TEXT.search(text):
            raise self._broken("one that writes too much or no text")
        return text

    def _broken(self, what: str) -> BenchmarkError:
        return BenchmarkError(
            f"Expected a chat template of `{self._model}` that writes a question as text, got {what}; ask without the "
            "chat template."
        )
