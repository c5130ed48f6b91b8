"""Prompt and answer as tokens: where the prompt ends, and which tokens of the answer follow it.

One rule holds for every tokenizer. The prompt, a space and the answer are tokenised together, as one text (in a chat
template, with what it writes between them instead of the space). Where the tokens of the prompt alone stand at its
beginning, the answer's tokens are the rest. Where they do not, because a token reaches from the prompt into the answer,
the answer's tokens are those that it has after another word, and they follow the tokens of the prompt alone. What a
tokenizer appends at the end of every text is no part of prompt or answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tensorllm_core.experiments.packing import Tokens
from tensorllm_core.experiments.prompt_form import PromptForm

__all__ = ["PromptTokens"]

_ANCHOR = "a"
"""A word before an answer, so that the answer is tokenised as it is in the middle of a sentence."""
_MOST_TEXTS = 1024
"""Texts in one call of the tokenizer, which keeps much more of a text than its tokens."""


class PromptTokens:
    """The tokens of prompts and of answers after them, by one tokenizer of transformers; remembers them all.

    A text that the tokenizer cannot read at all has no tokens.
    """

    def __init__(self, tokenizer: Any, pairs: Iterable[tuple[str, Sequence[str]]], form: PromptForm) -> None:
        """Tokenise each prompt, alone and with each of its answers; `form` says what stands between the two."""
        self._tokenizer, self._form = tokenizer, form
        pairs = list(pairs)
        samples = [_ANCHOR, *(prompt for prompt, _ in pairs[:1])]
        self._end = _appended(tokenizer, samples) if form.adds_special_tokens else ()
        self._prompts: dict[str, Tokens] = {}
        self._answers: dict[tuple[str, str], Tokens] = {}
        self._alone: dict[str, Tokens] = {}
        for start in range(0, len(pairs), _MOST_TEXTS):
            self._read(pairs[start : start + _MOST_TEXTS])

    def prompt(self, prompt: str) -> Tokens:
        """What a decoder reads before the answer: the prompt with what the tokenizer puts before a text."""
        return self._prompts[prompt]

    def answer(self, prompt: str, answer: str) -> Tokens:
        """The answer's tokens after that prompt."""
        return self._answers[prompt, answer]

    def with_masks(self, prompt: str, masks: int) -> Tokens:
        """What an encoder reads: the whole text, with as many masks where an answer of so many tokens would stand."""
        return (*self._prompts[prompt], *[self._tokenizer.mask_token_id] * masks, *self._end)

    def spelling(self, prompt: str, answer: str) -> str:
        """The answer's tokens as text: how a model that predicts exactly these tokens spells the answer."""
        return self._tokenizer.decode(self._answers[prompt, answer], skip_special_tokens=True).strip()

    def _read(self, pairs: Sequence[tuple[str, Sequence[str]]]) -> None:
        prompts = list(dict.fromkeys(prompt for prompt, _ in pairs))
        self._prompts |= zip(prompts, map(self._without_end, self._ids(prompts)), strict=True)
        places = list(dict.fromkeys((prompt, answer) for prompt, answers in pairs for answer in answers))
        for start in range(0, len(places), _MOST_TEXTS):
            part = places[start : start + _MOST_TEXTS]
            for place, whole in zip(part, self._ids([self._form.joint.join(place) for place in part]), strict=True):
                self._answers[place] = self._after_prompt(*place, self._without_end(whole))

    def _after_prompt(self, prompt: str, answer: str, whole: Tokens) -> Tokens:
        before = self._prompts[prompt]
        if whole[: len(before)] == before:
            return whole[len(before) :]
        if answer not in self._alone:
            word, after = self._form.ending or _ANCHOR, f"{self._form.joint}{answer}"
            anchor, joined, alone = self._ids([word, f"{word}{after}", after], special=False)
            self._alone[answer] = joined[len(anchor) :] if joined[: len(anchor)] == anchor else alone
        return self._alone[answer]

    def _without_end(self, tokens: Tokens) -> Tokens:
        """Only what was appended is dropped: a text may end in the same tokens by itself."""
        end = len(self._end)
        return tokens[:-end] if end and tokens[-end:] == self._end else tokens

    def _ids(self, texts: list[str], *, special: bool = True) -> list[Tokens]:
        return _ids(self._tokenizer, texts, special=special and self._form.adds_special_tokens)


def _appended(tokenizer: Any, samples: Sequence[str]) -> Tokens:
    """What a tokenizer appends at the end of every text, by texts with and without it."""
    for sample in samples:
        (with_end,), (bare,) = (_ids(tokenizer, [sample], special=special) for special in (True, False))
        for start in range(len(with_end) - len(bare) + 1 if bare else 0):
            if with_end[start : start + len(bare)] == bare:
                return with_end[start + len(bare) :]
    return ()


def _ids(tokenizer: Any, texts: list[str], *, special: bool) -> list[Tokens]:
    if not texts:
        return []
    try:
        return list(map(tuple, tokenizer(texts, add_special_tokens=special, verbose=False).input_ids))
    except Exception as error:
        # The class that the tokenizers library raises where a word is unknown and there is no token for that.
        if type(error) is not Exception:
            raise
        return [()] if len(texts) == 1 else [_ids(tokenizer, [text], special=special)[0] for text in texts]
