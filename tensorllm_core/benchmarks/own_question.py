"""From one row of a person's own file to a question: its fields checked, its answer found among its choices."""

from __future__ import annotations

import json

from tensorllm_core.benchmarks.benchmark import NO_TEXT, Question
from tensorllm_core.benchmarks.own_rows import NumberText, RowError, parsed_json
from tensorllm_core.benchmarks.spelling import composed

__all__ = ["own_question"]

_LONGEST_TEXT = 20_000
_LONGEST_NAME = 200

_KINDS = {dict: "an object", list: "a list", bool: "a truth value", NumberText: "a number", str: "text"}
"""What a value of JSON is called in a message."""


def own_question(number: int, row: object, ids: set[str]) -> Question:
    """The question in a row; `ids` are those of the rows before it, and `number` is the row's own.

    Raises:
        RowError: a field is missing or no text, or the answer is not among the choices.
    """
    if isinstance(row, RowError):
        raise row
    if not isinstance(row, dict):
        raise RowError(f"Expected an object with `question` and `answer`, got {_kind(row)}")
    text, answer = _needed(row, "question"), _needed(row, "answer")
    choices = _choices(row.get("choices"))
    if choices:
        answer = _choice_spelt_as(answer, choices)
    identifier = _optional(row, "id") or f"row {number}"
    # A file may give one id to several questions, such as those about one text; here each gets its own.
    while identifier in ids:
        identifier += f" (row {number})"
    return Question(identifier, _optional(row, "topic"), text, answer, choices)


def _choice_spelt_as(answer: str, choices: tuple[str, ...]) -> str:
    """The choice that the answer means, however its characters are composed and its words are spaced."""
    for same in (_look_the_same, _one_is_plain_for_the_other):
        meant = [choice for choice in choices if same(choice, answer)]
        if len(meant) == 1:
            return meant[0]
    raise RowError(f"Expected the answer among the choices, got `{answer[:60]}`")


def _look_the_same(one: str, other: str) -> bool:
    return composed(one) == composed(other)


def _one_is_plain_for_the_other(one: str, other: str) -> bool:
    """Whether one text is the other in plain letters, as `fi` is for the ligature `ﬁ`; x² and x₂ are not the same."""
    return composed(one) == composed(other, "NFKC") or composed(one, "NFKC") == composed(other)


def _needed(row: dict, name: str) -> str:
    if row.get(name) is None:
        keys = ", ".join(f"`{str(key)[:40]}`" for key in list(row)[:6]) or "none"
        raise RowError(f"Expected a field `{name}`, got {keys}")
    text = _text(row[name], name)
    if not text:
        raise RowError(f"Expected `{name}` with some text, got an empty one")
    return text


def _optional(row: dict, name: str) -> str:
    return "" if row.get(name) is None else _text(row[name], name)[:_LONGEST_NAME]


def _text(value: object, name: str) -> str:
    if isinstance(value, bool):
        value = json.dumps(value)  # so that a JSON `true` stays "true"
    if not isinstance(value, str):
        raise RowError(f"Expected `{name}` as text, got {_kind(value)}")
    if len(value) > _LONGEST_TEXT:
        raise RowError(f"Expected `{name}` of at most {_LONGEST_TEXT:,} characters, got {len(value):,}")
    if NO_TEXT.search(value):
        raise RowError(f"Expected `{name}` as text, got a null byte or an incomplete character")
    return value.strip()


def _choices(value: object) -> tuple[str, ...]:
    if isinstance(value, str) and not isinstance(value, NumberText):
        value = _listed(value)
    if value is None or value == []:
        return ()
    if not isinstance(value, list):
        raise RowError(f"Expected `choices` as a list of texts, got {_kind(value)}")
    by_look: dict[str, str] = {}
    for choice in value:
        text = _text(choice, "choices")
        by_look.setdefault(composed(text), text)
    choices = tuple(by_look.values())
    if len(choices) < 2 or "" in choices:
        empty = " and an empty one" if "" in choices else ""
        count = sum(map(bool, choices))
        raise RowError(f"Expected at least two different choices, each with some text, got {count}{empty}")
    return choices


def _listed(text: str) -> object:
    """The choices of a CSV cell: a JSON list, or texts with bars between them."""
    if text.lstrip().startswith("["):
        try:
            return parsed_json(text)
        except (ValueError, RecursionError):
            pass  # a choice may begin with a bracket too
    return text.split("|") if text.strip() else []


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "nothing")
