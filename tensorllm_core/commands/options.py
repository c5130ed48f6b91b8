"""Read option texts strictly, with the same one-sentence errors as everywhere."""

from __future__ import annotations

import math
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import NoReturn, Protocol, runtime_checkable

from tensorllm_core.benchmarks.benchmark import Split
from tensorllm_core.benchmarks.own_file import OWN_NEW_TOKENS
from tensorllm_core.errors import RequestError
from tensorllm_core.methods.description import Options
from tensorllm_core.methods.registry import METHODS
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.plan import QuestionPlan
from tensorllm_core.runs.questions import made_up_notice, plan_questions
from tensorllm_core.types import Layout

__all__ = [
    "Parser",
    "add_common_options",
    "add_layout_option",
    "add_loading_options",
    "add_method_options",
    "add_question_options",
    "add_suggested_option",
    "attach_negative_values",
    "listed",
    "method_options",
    "notices_of",
    "number",
    "question_plan",
    "whole_number",
]


@runtime_checkable
class _Choice(Protocol):
    """A group of options of which one is given."""

    def add_argument(self, name: str, /, *, action: str, help: str) -> object: ...


class Parser(ArgumentParser):
    """Raises RequestError instead of printing a usage text of several lines."""

    def error(self, message: str) -> NoReturn:
        """Report options that argparse does not accept."""
        raise RequestError(
            f"Expected the options of `{self.prog}`, got an error ({message}); see `{self.prog} --help`."
        )


def add_common_options(parser: ArgumentParser) -> None:
    """The options of every command that opens a model and computes."""
    parser.add_argument("--model", required=True, help="a bundled name, a folder, a GGUF file or a hub id")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N, spread or mps")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def add_suggested_option(choice: _Choice) -> None:
    """The ranks that the app starts from, as one of several ways to choose ranks."""
    choice.add_argument("--suggested", action="store_true", help="the ranks that the app starts from, each layer's own")


def add_loading_options(parser: ArgumentParser) -> None:
    """The options of every command that loads a whole model."""
    parser.add_argument("--dtype", default="float32", help="type of the loaded weights: float32, bfloat16 or float16")


def add_question_options(parser: ArgumentParser) -> None:
    """The options that choose the questions and their wording."""
    parser.add_argument("--split", default="test", help="validation (to choose), test (to report) or all")
    parser.add_argument("--limit", metavar="N", help="only N questions of each, the same random ones every time")
    parser.add_argument(
        "--template",
        default="",
        help="a prompt with {question}, white space at its end does not count; default: each benchmark's own",
    )
    parser.add_argument(
        "--max-new-tokens",
        metavar="N",
        help=f"tokens of an answer to a file without choices (default {OWN_NEW_TOKENS})",
    )
    parser.add_argument(
        "--chat-template", action="store_true", help="put each prompt into the chat template of the model's tokenizer"
    )


def question_plan(options: Namespace, names: Sequence[str], split: Split) -> QuestionPlan:
    """The questions that the options choose.

    Raises:
        ExplorerError: as `plan_questions`.
    """
    tokens = None if options.max_new_tokens is None else whole_number("--max-new-tokens", options.max_new_tokens)
    return plan_questions(
        names, split, _limit_of(options), options.template, chat=options.chat_template, max_new_tokens=tokens
    )


def notices_of(checkpoint: Checkpoint, questions: QuestionPlan) -> tuple[str, ...]:
    """What a reader of the answers must know of the model and of the questions that were chosen for it."""
    made_up = made_up_notice(checkpoint.reference, questions.benchmarks)
    return (*checkpoint.notices, *([made_up] if made_up else []))


def _limit_of(options: Namespace) -> int | None:
    """How many questions of each benchmark; None for all.

    Raises:
        RequestError: no whole number.
    """
    return None if options.limit is None else whole_number("--limit", options.limit)


def listed(text: str) -> tuple[str, ...]:
    """Names or numbers that commas join, each once.

    Raises:
        RequestError: there is none.

    >>> listed("a, b,a")
    ('a', 'b')
    """
    parts = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not parts:
        raise RequestError(f"Expected names or numbers joined by commas, got `{text}`; give one or more.")
    return parts


def add_layout_option(parser: ArgumentParser) -> None:
    """How matrices are cut into heads."""
    parser.add_argument("--layout", default="paper", help="paper (by groups) or released-code")


def add_method_options(parser: ArgumentParser) -> None:
    """The options that choose a method and what it takes besides ranks."""
    parser.add_argument("--method", default="tensorllm", metavar="NAME", help=", ".join(METHODS))
    parser.add_argument("--layout", default="paper", help="paper (by groups) or released-code")
    parser.add_argument(
        "--matrices",
        default="",
        metavar="A,B",
        help="only these matrices, as Q,V or up,down; trawl stacks a single one over the layers",
    )
    parser.add_argument(
        "--feed-forward-layer", metavar="L", help="hybrid: layer of the feed-forward matrices, if not the edited one"
    )
    parser.add_argument("--attention-method", default="", metavar="NAME", help="hybrid: the method on the attention")


def method_options(options: Namespace) -> Options:
    """The method options as one value.

    Raises:
        LayoutError, RequestError: texts that cannot be read.
    """
    layer = options.feed_forward_layer
    return Options(
        Layout.parse(options.layout),
        tuple(name.strip() for name in options.matrices.split(",") if name.strip()),
        None if layer is None else whole_number("--feed-forward-layer", layer),
        options.attention_method,
    )


def attach_negative_values(arguments: Sequence[str]) -> list[str]:
    """Write `--option -1,2` as `--option=-1,2`, so that our check reports it; argparse alone takes `-1` for an option.

    >>> attach_negative_values(["decompose", "--ranks", "-1,2,3", "--json"])
    ['decompose', '--ranks=-1,2,3', '--json']
    """
    attached: list[str] = []
    for argument in arguments:
        if re.match(r"-[\d.,]", argument) and attached and re.fullmatch(r"--[a-z-]+", attached[-1]):
            attached[-1] += f"={argument}"
        else:
            attached.append(argument)
    return attached


def whole_number(option: str, text: str) -> int:
    """The whole number after an option, negative ones too.

    Raises:
        RequestError: the text is none.

    >>> whole_number("--layer", "-2")
    -2
    """
    if not re.fullmatch(r"\s*[+-]?\d{1,9}\s*", text, re.ASCII):
        too_long = re.fullmatch(r"\s*[+-]?\d+\s*", text, re.ASCII)
        number = "a whole number of at most 9 digits" if too_long else "a whole number"
        raise RequestError(f"Expected {number} for {option}, got `{text[:40]}`; give one such as 1.")
    return int(text)


def number(option: str, text: str) -> float:
    """The finite number after an option.

    Raises:
        RequestError: the text is none.

    >>> number("--max-error", "0.5")
    0.5
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RequestError(f"Expected a number for {option}, got `{text}`; give one such as 0.5.")
    return value
