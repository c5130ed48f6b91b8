"""A plain loop of batch one over questions and choices, written without the code that is tested."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensorllm_core.benchmarks.benchmark import Question, QuestionSet, Split


def question_set(name: str, tokenizer: Any) -> QuestionSet:
    """Prompts and answers that are easily cut wrongly: quotes, brackets, numbers, accents, marks of the tokenizer."""
    rows = [
        ("Who feeds the grey cat?", "Mira", "Tom", "D'Arcy"),
        ("Where do the ferries land? They land in", "West Bay", "West Bay North", "Lima", "New Porto"),
        ('He said: "Wait!" She said: "', "'s", '"Go (now)."', "yes", "(two)"),
        ("A half-open box holds (", "7.25 litres", "2,000", ".5", "half-open"),
        ("Who met at the café? [", "Zoë", "André and Zoë", "[so]", "can't"),
        ("Line one\nLine two:", "perhaps", "it's so", "-", "perhaps not"),
        (f"Is the door open? {tokenizer.eos_token}", "yes", "no", "perhaps"),
        ("Is the shop open? Reply:", f"{tokenizer.bos_token}yes", f"no {tokenizer.eos_token}", "no"),
    ]
    questions = tuple(
        Question(f"row {number}", "", text, choices[number % len(choices)], choices)
        for number, (text, *rest) in enumerate(rows, start=1)
        if (choices := tuple(rest))
    )
    return QuestionSet(name, Split.TEST, questions)


@torch.no_grad()
def plain_scores(model: Any, tokenizer: Any, end: int, prompt: str, choice: str, *, fills_in: bool) -> float:
    """Log-probability of a choice after a prompt in nats; `end` tokens are appended to every text."""
    before = tokenizer(prompt).input_ids
    whole = tokenizer(f"{prompt} {choice}").input_ids
    start, stop = len(before) - end, len(whole) - end
    assert whole[:start] == before[:start]
    assert stop > start
    if fills_in:
        row = [tokenizer.mask_token_id if start <= place < stop else token for place, token in enumerate(whole)]
    else:
        row = whole[: stop - 1]
    scores = model(input_ids=torch.tensor([row])).logits[0].double().log_softmax(dim=1)
    places = range(start, stop) if fills_in else range(start - 1, stop - 1)
    return sum(float(scores[place, token]) for place, token in zip(places, whole[start:stop], strict=True))


def plain_answers(
    model: Any, tokenizer: Any, end: int, questions: QuestionSet, *, fills_in: bool
) -> tuple[list[str], list[float]]:
    """The choice of the greatest log-probability, and the loss of the gold answer, for each question."""
    predicted, losses = [], []
    for question in questions.questions:
        scores = [
            plain_scores(model, tokenizer, end, question.text, choice, fills_in=fills_in) for choice in question.choices
        ]
        predicted.append(question.choices[int(np.argmax(scores))])
        losses.append(-scores[question.choices.index(question.answer)])
    return predicted, losses
