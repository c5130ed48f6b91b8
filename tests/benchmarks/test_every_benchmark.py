"""What holds for every registered benchmark, on small local files: those that its description gives as examples."""

from __future__ import annotations

import json
import re
from itertools import count

import pytest

from tensorllm_core.benchmarks.benchmark import Answering, Benchmark, Split
from tensorllm_core.benchmarks.registry import BENCHMARKS, BUNDLED
from tensorllm_core.errors import BenchmarkError

SENTENCE = re.compile(r"Expected [^\n]+, got [^\n]+; [^\n]+\.")
WRONG_VALUES = (None, {"an": "object"}, ["a list", 5])
FEWEST_QUESTIONS = 5


@pytest.fixture(params=BENCHMARKS.values(), ids=BENCHMARKS)
def benchmark(request):
    return request.param


@pytest.fixture
def write(tmp_path):
    """Write files of rows to a folder of their own; the folder."""
    numbers = count()

    def write(files):
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        for path, rows in files.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        return folder

    return write


@pytest.fixture
def examples(benchmark, write):
    """The benchmark's example files in a folder."""
    return write(benchmark.example_files())


def outcome(benchmark, folder, split=Split.ALL):
    """The questions, or the sentence that says why there are none."""
    try:
        return benchmark.load(split, folder).questions
    except BenchmarkError as error:
        return str(error)


def is_sentence(result) -> bool:
    return isinstance(result, str) and SENTENCE.fullmatch(result) is not None


def columns_of(files):
    """Every path with every column of its rows."""
    return [(path, column) for path, rows in files.items() for column in rows[0]]


def test_it_has_a_name_a_title_and_a_sentence(benchmark):
    assert isinstance(benchmark, Benchmark)
    assert BENCHMARKS[benchmark.name] is benchmark
    assert re.fullmatch("[a-z0-9-]+", benchmark.name)
    assert benchmark.title
    assert benchmark.words.endswith((".", "?"))


def test_its_examples_are_enough_to_try_it_on(benchmark, examples):
    assert len(benchmark.load(Split.ALL, examples).questions) >= FEWEST_QUESTIONS
    for path, rows in benchmark.example_files().items():
        assert len({tuple(row) for row in rows}) == 1, f"rows of {path} differ in their columns"


def test_validation_and_test_share_no_question_and_are_together_all(benchmark, examples):
    validation, test, both = (benchmark.load(split, examples) for split in (Split.VALIDATION, Split.TEST, Split.ALL))
    assert validation.questions + test.questions == both.questions
    assert not set(validation.questions) & set(test.questions)
    assert validation.questions
    assert test.questions
    assert [questions.split for questions in (validation, test, both)] == [Split.VALIDATION, Split.TEST, Split.ALL]
    assert {questions.benchmark for questions in (validation, test, both)} == {benchmark.name}


def test_validation_is_the_first_fifth_unless_it_is_shipped_as_a_file(benchmark, examples):
    validation, both = (len(benchmark.load(split, examples).questions) for split in (Split.VALIDATION, Split.ALL))
    if benchmark.name in BUNDLED:
        assert validation == len(benchmark.example_files()[f"{benchmark.name}/validation.jsonl"])
    else:
        assert validation == both // 5


def test_every_question_has_a_gold_answer_and_a_place_in_its_prompt(benchmark, examples):
    questions = benchmark.load(Split.ALL, examples)
    assert len({question.id for question in questions.questions}) == len(questions.questions)
    for question in questions.questions:
        assert question.text == question.text.strip() != ""
        assert question.answer == question.answer.strip() != ""
        assert question.text in questions.prompt(question)
        assert questions.prompt(question) == questions.prompt(question).strip()
        if questions.answering is Answering.CHOICE:
            assert question.answer in question.choices
            assert len(set(question.choices)) == len(question.choices) >= 2
        else:
            assert question.choices == ()
            assert questions.max_new_tokens > 0


def test_the_key_of_its_questions_changes_with_the_template_and_the_split_alone(benchmark, examples):
    questions = benchmark.load(Split.TEST, examples)
    assert questions.key == benchmark.load(Split.TEST, examples).key
    assert questions.key != questions.with_template("Think. {question} So it is").key
    assert questions.key != benchmark.load(Split.VALIDATION, examples).key


def test_a_column_that_it_does_not_read_changes_nothing(benchmark, examples, write):
    more = {path: [row | {"another": ["x"]} for row in rows] for path, rows in benchmark.example_files().items()}
    assert outcome(benchmark, write(more)) == outcome(benchmark, examples)


@pytest.mark.parametrize("wrong", WRONG_VALUES, ids=["null", "object", "list"])
def test_a_row_with_a_wrong_type_is_left_out_or_refused_in_a_sentence(benchmark, write, wrong):
    files = benchmark.example_files()
    for path, column in columns_of(files):
        first, *others = files[path]
        result = outcome(benchmark, write(files | {path: [first | {column: wrong}, *others]}))
        assert is_sentence(result) or result == outcome(benchmark, write(files | {path: others})), (path, column)


@pytest.mark.parametrize("wrong", WRONG_VALUES, ids=["null", "object", "list"])
def test_rows_of_which_none_makes_a_question_are_refused_in_a_sentence(benchmark, write, wrong):
    files = benchmark.example_files()
    for column in sorted({column for _, column in columns_of(files)}):
        spoilt = {path: [row | {column: wrong} for row in rows] for path, rows in files.items()}
        assert is_sentence(outcome(benchmark, write(spoilt))), column


def test_a_column_that_is_missing_is_named_in_a_sentence(benchmark, write):
    files = benchmark.example_files()
    for path, column in columns_of(files):
        rows = [{name: value for name, value in row.items() if name != column} for row in files[path]]
        result = outcome(benchmark, write(files | {path: rows}))
        assert is_sentence(result), f"`{column}` of {path} is never read: {result}"
        assert column in result


def test_a_file_that_is_missing_or_broken_costs_a_sentence(benchmark, write):
    files = benchmark.example_files()
    for path in files:
        folder = write(files)
        for spoilt in ("", "{", '{"id": "1"'):
            (folder / path).write_text(spoilt, encoding="utf-8")
            assert is_sentence(outcome(benchmark, folder)), (path, spoilt)
        (folder / path).unlink()
        assert is_sentence(outcome(benchmark, folder)), path
    assert is_sentence(outcome(benchmark, write({})))
    assert is_sentence(outcome(benchmark, write({}) / "none"))


def test_without_the_hub_it_is_shipped_or_says_which_file_would_do(benchmark):
    result = outcome(benchmark, None, Split.TEST)
    if benchmark.name in BUNDLED:
        assert len(result) >= FEWEST_QUESTIONS
    else:
        assert is_sentence(result)
        assert "Hugging Face hub, got offline mode" in result
        assert "`question`" in result
