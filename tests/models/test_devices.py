from __future__ import annotations

import pytest
import torch

from tensorllm_core.errors import RequestError
from tensorllm_core.models.devices import device_names, is_out_of_memory, on_device_or_cpu, resolve_device


def test_auto_takes_a_cuda_device_when_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == torch.device("cuda", 0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == torch.device("cpu")


def test_a_cuda_index_must_exist(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert resolve_device("cuda") == torch.device("cuda")
    assert resolve_device("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(RequestError, match="`cuda:2` on this machine"):
        resolve_device("cuda:2")


def test_mps_is_taken_where_the_machine_has_it(monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert resolve_device("mps") == torch.device("mps")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(RequestError, match="`mps` on this machine"):
        resolve_device("mps")


@pytest.mark.parametrize("name", ["", "gpu", "cuda:x", "cuda:-1", "meta", "cpu:"])
def test_an_unknown_device_is_refused(name):
    with pytest.raises(RequestError, match="Expected the device to be auto, cpu, cuda, cuda:N, spread or mps"):
        resolve_device(name)


def test_every_device_that_is_offered_is_accepted(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device_names() == ("auto", "cuda:0", "cuda:1", "spread", "cpu")
    assert [str(resolve_device(name)) for name in device_names()] == ["cuda:0", "cuda:0", "cuda:1", "cuda:0", "cpu"]


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), MemoryError()])
def test_a_full_device_hands_over_to_the_cpu(error):
    tried = []

    def work(device):
        tried.append(device.type)
        if device.type == "cuda":
            raise error
        return 7

    assert on_device_or_cpu(work, torch.device("cuda", 0)) == (7, torch.device("cpu"))
    assert tried == ["cuda", "cpu"]


@pytest.mark.parametrize(("device", "error"), [("cuda", ValueError("bug")), ("cpu", MemoryError())])
def test_other_errors_and_a_full_cpu_are_raised(device, error):
    def work(_device):
        raise error

    with pytest.raises(type(error)):
        on_device_or_cpu(work, torch.device(device))


def test_full_memory_is_distinguished_from_other_errors():
    assert is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)"))
    assert not is_out_of_memory(RuntimeError("shape mismatch"))
