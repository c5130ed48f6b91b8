"""A person's own file: every row is read, or a sentence says why it was left out."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.benchmarks import own_file
from tensorllm_core.benchmarks.benchmark import Answering, Split, check_template
from tensorllm_core.benchmarks.own_file import own_benchmark, read_own_file, read_own_path
from tensorllm_core.errors import BenchmarkError, FileAccessError


def lines(*rows) -> bytes:
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()


GOOD = {"question": "Sky is", "answer": "blue", "choices": ["blue", "red"]}


def test_json_lines_and_csv_say_the_same():
    from_lines = read_own_file("a.jsonl", lines(GOOD, GOOD | {"question": "Blood is", "answer": "red"}))
    from_csv = read_own_file(
        "a.csv", b'question,answer,choices\nSky is,blue,blue|red\nBlood is,red,"[""blue"",""red""]"\n'
    )
    for own in (from_lines, from_csv):
        assert [(question.text, question.answer, question.choices) for question in own.questions] == [
            ("Sky is", "blue", ("blue", "red")),
            ("Blood is", "red", ("blue", "red")),
        ]
        assert own.left_out == ()
    array = read_own_file("a.json", json.dumps([GOOD]).encode())
    assert len(array.questions) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_the_usual_encodings(encoding):
    text = json.dumps(GOOD | {"question": "Größe"}, ensure_ascii=False)
    assert read_own_file("a.jsonl", text.encode(encoding)).questions[0].text == "Größe"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("{broken", "Expected one JSON object"),
        ("[1, 2]", "Expected an object"),
        ({"question": "q"}, "Expected a field `answer`"),
        ({"question": "q", "answer": "  "}, "Expected `answer` with some text"),
        ({"question": "", "answer": "a"}, "Expected `question` with some text"),
        ({"question": {"a": 1}, "answer": "a"}, "Expected `question` as text"),
        ({"question": "q", "answer": "c", "choices": ["a", "b"]}, "Expected the answer among the choices"),
        ({"question": "q", "answer": "a", "choices": ["a"]}, "at least two different choices"),
        ({"question": "q", "answer": "a", "choices": ["a", " "]}, "each with some text, got 1 and an empty one"),
        ({"question": "q", "answer": "a", "choices": 5}, "Expected `choices` as a list"),
        ({"question": "q", "answer": "a", "choices": ["a", {"b": 1}]}, "Expected `choices` as text, got an object"),
        ({"question": "q", "answer": "a", "topic": ["x"]}, "Expected `topic` as text, got a list"),
        ('{"question": "half \\ud800", "answer": "a"}', "got a null byte or an incomplete character"),
        ('{"question": "null \\u0000", "answer": "a"}', "got a null byte or an incomplete character"),
        ("[" * 100_000, "Expected one JSON object"),
        ("7" * 5000, "Expected an object with `question` and `answer`, got a number"),
        ({"question": "q" * 30_000, "answer": "a"}, "at most 20,000 characters"),
        (GOOD, "a duplicate of an earlier row"),
    ],
)
def test_a_row_that_cannot_be_used_is_left_out_with_a_sentence(row, sentence):
    own = read_own_file("a.jsonl", lines(GOOD, row))
    assert len(own.questions) == 1
    (message,) = own.left_out
    assert message.startswith("Row 2: ")
    assert sentence in message


@pytest.mark.parametrize(("value", "text"), [(4, "4"), (2.5, "2.5"), (True, "true")])
def test_numbers_and_truth_are_answers_too(value, text):
    row = {"question": "q", "answer": value, "choices": [value, "other"]}
    (question,) = read_own_file("a.jsonl", lines(row)).questions
    assert (question.answer, question.choices) == (text, (text, "other"))


@pytest.mark.parametrize("written", ["3.50", "7.10", "1e400", "100000000000000000000.5", "0.1e-7", "-0", "9" * 6000])
def test_a_number_is_asked_as_it_is_written(written):
    row = f'{{"question": "q", "answer": {written}, "choices": [{written}, 2]}}'
    cell = f'question,answer,choices\nq,{written},"[{written}, 2]"\n'
    for name, content in (("a.jsonl", row), ("a.json", f"[{row}]"), ("a.csv", cell)):
        (question,) = read_own_file(name, content.encode()).questions
        assert (question.answer, question.choices) == (written, (written, "2"))


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_field_that_stands_twice_costs_its_row(name):
    rows = [json.dumps(GOOD), '{"question": "one", "question": "two", "answer": "a"}']
    content = "\n".join(rows) if name == "a.jsonl" else f"[{','.join(rows)}]"
    own = read_own_file(name, content.encode())
    assert [question.text for question in own.questions] == ["Sky is"]
    assert own.left_out == ("Row 2: Expected each field once, got `question` twice; the row is left out.",)


def test_a_row_without_choices_may_say_so():
    rows = [{"question": str(n), "answer": "a", "choices": choices} for n, choices in enumerate([None, "", [], " "])]
    assert {question.choices for question in read_own_file("a.jsonl", lines(*rows)).questions} == {()}


def test_marks_that_end_lines_elsewhere_end_no_row_of_json():
    text = "a\u2028b\x85c"
    content = json.dumps({"question": text, "answer": "a"}, ensure_ascii=False).encode() + b"\r\n"
    assert [question.text for question in read_own_file("a.jsonl", content).questions] == [text]


def test_ids_and_topics_are_kept_and_an_id_that_comes_again_gets_its_row():
    rows = [{"question": str(n), "answer": "a", "id": 7, "topic": "t"} for n in range(3)]
    questions = read_own_file("a.jsonl", lines(*rows, {"question": "x", "answer": "a", "id": "7 (row 2)"})).questions
    assert [question.id for question in questions] == ["7", "7 (row 2)", "7 (row 3)", "7 (row 2) (row 4)"]
    assert questions[0].topic == "t"


def test_unknown_fields_cost_one_sentence():
    own = read_own_file("a.jsonl", lines(GOOD | {"source": 1}, GOOD | {"question": "q", "note": 2, "source": 3}))
    assert own.left_out == (
        "Expected the fields `question`, `answer`, `choices`, `id`, `topic`, got `source`, `note` too; these are not "
        "used.",
    )
    assert "`note`" in read_own_file("a.csv", b"question,answer,note\nq,a,n\n").left_out[0]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_may_be_separated_as_spreadsheets_do(mark):
    text = f'Answer{mark} QUESTION\r\n"x, y; z"{mark}"two\nlines"\r\n\r\nb{mark}c\r\n'
    questions = read_own_file("A.CSV", text.encode()).questions
    assert [(question.text, question.answer) for question in questions] == [("two\nlines", "x, y; z"), ("c", "b")]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            b'q,"never closed\nr,b\n',
            "Row 3: Expected a row of CSV, got one that cannot be read (unexpected end of data)",
        ),
        (b'q,"a"b\n', "Row 3: Expected a row of CSV"),
        (b"q," + b"x" * 200_000 + b"\n", "Row 3: Expected a row of CSV"),
        (b"q\n", "Row 3: Expected 2 fields, got 1"),
        (b"q, \n", "Row 3: Expected `answer` with some text"),
    ],
)
def test_a_row_of_csv_that_cannot_be_read_leaves_the_rows_before_it(rows, sentence):
    own = read_own_file("a.csv", b"question,answer\nfirst,a\n" + rows)
    assert [question.text for question in own.questions] == ["first"]
    assert own.left_out[0].startswith(sentence)


def test_a_row_of_csv_that_cannot_be_read_leaves_the_rows_after_it():
    own = read_own_file("a.csv", b'question,answer\nq,"a"b\nlast,a\n')
    assert [question.text for question in own.questions] == ["last"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.jsonl", b"", "got an empty file"),
        ("a.jsonl", b"\n \n", "got none that can be used"),
        ("a.jsonl", b"{}", "Expected a field `question`"),
        ("a.jsonl", b'{"question": "q", "answer": "\xff"}', "Expected a.jsonl as UTF-8 text, got other bytes in row 1"),
        ("a.jsonl", b'{"question": "\x00"}', "null bytes"),
        ("a.csv", b"text,label\nx,y\n", "Expected the columns `question` and `answer` in a.csv, got text, label"),
        ("a.csv", b"question,answer\n1,2,3\n", "Expected 2 fields, got 3"),
        ("a.csv", b"question,answer,answer\n1,2,3\n", "each once"),
        ("a.csv", b"\n", "got none"),
        (
            "a.jsonl",
            b"{\n}\n7\n8",
            "give the file again. Row 1: Expected one JSON object, got text that is not JSON",
        ),
        ("a.jsonl", '{"question": "q"}'.encode("utf-16")[:-1], "got other bytes in row 1"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(name, content, sentence):
    with pytest.raises(BenchmarkError) as refused:
        read_own_file(name, content)
    assert sentence in str(refused.value)


def test_too_large_a_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "large.jsonl"
    with path.open("wb") as file:
        file.truncate(2**30)
    with pytest.raises(BenchmarkError, match=r"at most 50 MiB, got large\.jsonl with 1,024 MiB"):
        read_own_path(path)
    monkeypatch.setattr(own_file, "_MOST_ROWS", 3)
    with pytest.raises(BenchmarkError, match="at most 3 rows"):
        read_own_file("a.jsonl", lines(*({"question": str(n), "answer": "a"} for n in range(4))))


def test_only_the_first_messages_are_kept():
    own = read_own_file("a.jsonl", lines(GOOD, *["{"] * 70))
    assert len(own.left_out) == 51
    assert own.left_out[-1] == "And 20 more."


def test_a_path_that_is_no_file_is_refused(tmp_path):
    with pytest.raises(BenchmarkError, match="got nothing there"):
        read_own_path(tmp_path / "missing.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(BenchmarkError, match="got a pipe there"):
        read_own_path(tmp_path / "pipe.csv")
    with pytest.raises(BenchmarkError, match="got a folder there"):
        read_own_path(tmp_path)


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "secret.csv"
    path.write_text("question,answer\na,b\n")

    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(FileAccessError, match="Permission denied"):
        read_own_path(path)


def test_the_first_fifth_is_validation():
    own = read_own_file("a.jsonl", lines(*({"question": str(n), "answer": "a"} for n in range(10))))
    parts = {split: own_benchmark(own, "own", split) for split in Split}
    assert [len(parts[split].questions) for split in Split] == [2, 8, 10]
    assert parts[Split.ALL].answering is Answering.GENERATION
    assert own_benchmark(read_own_file("a.jsonl", lines(GOOD)), "own", Split.TEST).answering is Answering.CHOICE


def test_choices_in_some_rows_only_are_refused():
    own = read_own_file("a.jsonl", lines(GOOD, {"question": "q", "answer": "a"}))
    with pytest.raises(BenchmarkError, match="got them in 1 of 2"):
        own_benchmark(own, "own", Split.ALL)


def test_a_prompt_without_a_place_for_the_question_is_refused():
    for template in ("\udcff{question}", "{question}\0"):
        with pytest.raises(BenchmarkError, match="Expected a prompt template as text"):
            check_template(template)
    with pytest.raises(BenchmarkError, match="Expected a prompt template"):
        own_benchmark(read_own_file("a.jsonl", lines(GOOD)), "own", Split.ALL, "no place")


@given(st.binary(max_size=200), st.sampled_from(["a.csv", "a.jsonl"]))
def test_any_bytes_are_read_or_refused_in_a_sentence(content, name):
    outcome: object
    try:
        outcome = read_own_file(name, content).questions
    except BenchmarkError as error:
        outcome = str(error).startswith("Expected")
    assert outcome


VALUES = st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=4)


@given(VALUES, st.sampled_from(["question", "answer", "choices", "id", "topic"]))
def test_any_value_of_a_field_is_read_or_costs_a_sentence(value, field):
    own = read_own_file("a.jsonl", lines(GOOD, {"question": "q", "answer": "a"} | {field: value}))
    assert len(own.questions) + len(own.left_out) == 2
    # A question's text is written to files later.
    assert all(repr(question).encode() for question in own.questions)
    assert all(question.text.encode() and question.answer.encode() for question in own.questions)
