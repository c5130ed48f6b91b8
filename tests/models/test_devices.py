from __future__ import annotations

import pytest
import torch

from tensorllm_core.errors import RequestError
from tensorllm_core.models.devices import resolve_device


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
    with pytest.raises(RequestError, match="Expected a device of auto, cpu, cuda, cuda:N or mps"):
        resolve_device(name)
