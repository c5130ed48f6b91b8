"""The fast reader gives transformers what the reader of the library gives it."""

from __future__ import annotations

import gguf
import pytest
from gguf import gguf_reader
from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

from tensorllm_core.models.gguf_reader import FastReader
from tests.models.gguf_models import TINY_GGUF, write_bare, write_gguf


def both(path, monkeypatch) -> list[dict]:
    answers = []
    for reader in (gguf_reader.GGUFReader, FastReader):
        monkeypatch.setattr(gguf, "GGUFReader", reader)
        answers.append(load_gguf_checkpoint(str(path)))
    return answers


@pytest.mark.parametrize("name", TINY_GGUF)
def test_transformers_derives_the_same_from_both_readers(name, tmp_path, monkeypatch):
    first, second = both(write_gguf(tmp_path / "x.gguf", name), monkeypatch)
    assert first["tokenizer"]["tokens"]
    assert first == second


def test_arrays_of_every_type_are_the_same(tmp_path):
    arrays = {"a": [], "b": [1, -2], "c": [0.5, 2.0], "d": [True, False], "e": ["é", "", "x" * 300]}
    path = write_bare(tmp_path / "x.gguf", "llama", arrays, tensors=1)
    first, second = gguf_reader.GGUFReader(path), FastReader(path)
    assert list(first.fields) == list(second.fields)
    for name in ("b", "c", "d", "e"):
        assert first.fields[name].types == second.fields[name].types
        read = [second.fields[name].parts[index] for index in second.fields[name].data]
        expected = [first.fields[name].parts[index] for index in first.fields[name].data]
        assert [list(value) for value in read] == [value.tolist() for value in expected]
    assert [tensor.data_offset for tensor in first.tensors] == [tensor.data_offset for tensor in second.tensors]
