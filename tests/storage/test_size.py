"""The bytes of a value are those of its arrays, however they are held."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from tensorllm_core.storage.size import bytes_of
from tensorllm_core.types import Tucker

ROOT = Path(__file__).resolve().parents[2]


def test_bytes_of_a_dataclass_are_those_of_its_arrays() -> None:
    tucker = Tucker(torch.zeros(2, 2, 2, 2), torch.zeros(4, 2), torch.zeros(3, 2), torch.zeros(2, 2))
    assert bytes_of(tucker) == 4 * (16 + 8 + 6 + 4)


def test_arrays_are_counted_in_any_collection() -> None:
    array, tensor = np.zeros(10), torch.zeros(5, dtype=torch.float16)
    assert bytes_of({"a": [array, tensor], "b": (np.zeros(3),)}) == 80 + 10 + 24


def test_an_array_that_two_fields_share_counts_once() -> None:
    array = np.zeros(10)
    assert bytes_of({"a": array, "b": (array,)}) == 80


def test_a_value_without_arrays_has_a_size_too() -> None:
    assert bytes_of("a text") == sys.getsizeof("a text")
    assert bytes_of(b"0123") >= 4
    assert bytes_of({"a", "b"}) == sys.getsizeof("a") + sys.getsizeof("b")
    assert bytes_of([]) == 0


def test_neither_torch_nor_numpy_is_imported() -> None:
    program = (
        "import sys, tensorllm_core.storage.cache, tensorllm_core.storage.atomic, tensorllm_core.storage.folder; "
        "print({'torch', 'numpy'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout == "set()\n"
