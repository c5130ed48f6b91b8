"""States come back as they were, from memory or disk, and never take more room than allowed."""

from __future__ import annotations

import torch

from tensorllm_core.experiments.prefix_store import PrefixStore
from tensorllm_core.models.prefix import LayerInput

SIZE = 4 * 100


def entering(number):
    return LayerInput(torch.full((1, 10, 10), float(number)), returned=number % 3)


def fill(store, group, numbers):
    for number in numbers:
        store.put(group, str(number), entering(number))


def kept(store, group, numbers):
    stored = {number: store.get(group, str(number)) for number in numbers}
    for number, states in stored.items():
        assert states is None or (
            torch.equal(states.states, entering(number).states) and states.returned == entering(number).returned
        )
    return [number for number, states in stored.items() if states is not None]


def test_memory_first_then_disk_then_nothing():
    store = PrefixStore(most_bytes=2 * SIZE, most_disk_bytes=3 * SIZE)
    fill(store, "a", range(7))
    assert kept(store, "a", range(7)) == [0, 1, 2, 3, 4]
    assert (store.bytes_in_memory, store.bytes_on_disk) == (2 * SIZE, 3 * SIZE)


def test_another_group_takes_the_room_of_the_first():
    store = PrefixStore(most_bytes=2 * SIZE, most_disk_bytes=0)
    fill(store, "a", range(2))
    fill(store, "b", range(3))
    assert kept(store, "a", range(2)) == []
    assert kept(store, "b", range(3)) == [0, 1]


def test_forgetting_gives_the_disk_back():
    store = PrefixStore(most_bytes=0, most_disk_bytes=5 * SIZE)
    fill(store, "a", range(3))
    folder = store._folder
    assert len(list(folder.iterdir())) == 3
    store.clear()
    assert not folder.exists()
    assert kept(store, "a", range(3)) == []


def test_a_file_that_has_gone_or_a_disk_that_refuses_only_costs_time(monkeypatch):
    store = PrefixStore(most_bytes=0, most_disk_bytes=5 * SIZE)
    fill(store, "a", [0])
    next(store._folder.iterdir()).unlink()
    assert store.get("a", "0") is None

    def full(*arguments):
        raise OSError("No space left on device")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    fill(store, "a", [1])
    assert store.get("a", "1") is None
