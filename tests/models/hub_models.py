"""A hub on this machine with one tiny model, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import huggingface_hub.constants
import pytest

from tensorllm_core.models import hub
from tests.models.test_opening import with_tokenizer
from tests.models.tiny_models import saved_model
from tests.tools.hub_server import HubServer, hub_server

__all__ = ["MODEL", "hub_with_a_model"]

MODEL = "someone/tiny"


@contextmanager
def hub_with_a_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """The hub; offline mode is off, the cache is empty, and nobody waits between attempts."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(folder / "cache"))
    monkeypatch.setattr(hub, "_known", {})
    monkeypatch.setattr(hub, "_sleep", lambda seconds: None)
    model = with_tokenizer(saved_model("llama", folder / "llama"))
    (model / "pytorch_model.bin").write_bytes(b"never wanted")
    (model / "modeling_evil.py").write_text("raise SystemExit", encoding="utf-8")
    with hub_server() as server:
        server.repositories[MODEL] = model
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server
