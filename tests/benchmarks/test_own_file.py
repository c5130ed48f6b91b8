"""Files of one's own: what can be read is read, and every row that cannot is told in a sentence."""

from __future__ import annotations

import json

import pytest

from tensorllm_core.benchmarks import own_file
from tensorllm_core.benchmarks.benchmark import Answering, Split
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
        assert [(found.text, found.answer, found.choices) for found in own.questions] == [
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
        ({"question": "q", "answer": "a", "choices": 5}, "Expected `choices` as a list"),
        ({"question": "q" * 30_000, "answer": "a"}, "at most 20,000 characters"),
        (GOOD, "a duplicate of an earlier row"),
    ],
)
def test_a_row_that_cannot_be_used_is_left_out_and_told(row, sentence):
    own = read_own_file("a.jsonl", lines(GOOD, row))
    assert len(own.questions) == 1
    (message,) = own.left_out
    assert message.startswith("Row 2: ")
    assert sentence in message


def test_numbers_are_answers_too():
    assert read_own_file("a.jsonl", lines({"question": "Two and two?", "answer": 4})).questions[0].answer == "4"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.jsonl", b"", "got an empty file"),
        ("a.jsonl", b"\n \n", "got no usable row"),
        ("a.jsonl", b"{}", "Expected a field `question`"),
        ("a.jsonl", b'{"question": "q", "answer": "\xff"}', "Expected a.jsonl as UTF-8 text, got other bytes in row 1"),
        ("a.jsonl", b'{"question": "\x00"}', "null bytes"),
        ("a.csv", b"text,label\nx,y\n", "Expected the columns `question` and `answer` in a.csv, got text, label"),
        ("a.csv", b"question,answer\n1,2,3\n", "Expected 2 fields, got 3"),
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


def test_a_path_that_is_no_file_is_told(tmp_path):
    with pytest.raises(BenchmarkError, match="got none there"):
        read_own_path(tmp_path / "missing.csv")
    with pytest.raises(BenchmarkError, match="got none there"):
        read_own_path(tmp_path)


def test_a_file_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    path = tmp_path / "secret.csv"
    path.write_text("question,answer\na,b\n")

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)
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
