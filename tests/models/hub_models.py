"""A hub on this machine with one tiny model, and everything that can prevent opening or downloading a model."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub.constants
import huggingface_hub.file_download
import huggingface_hub.utils._http
import pytest

from tensorllm_core.models import download, patience
from tensorllm_core.models.hub import forget_repositories
from tests.models.tiny_models import saved_model, with_tokenizer
from tests.tools.hub_server import HubServer, hub_server

__all__ = ["MODEL", "NOT_DOWNLOADED", "NOT_OPENED", "hub_with_a_model"]

MODEL = "someone/tiny"


@contextmanager
def hub_with_a_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """The hub; offline mode is off, the cache is empty, and nobody waits between attempts."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(folder / "cache"))
    monkeypatch.setattr(patience, "_sleep", lambda seconds: None)
    for module in (huggingface_hub.file_download, huggingface_hub.utils._http):
        monkeypatch.setattr(module, "time", SimpleNamespace(sleep=lambda seconds: None))
    model = with_tokenizer(saved_model("llama", folder / "llama"))
    (model / "pytorch_model.bin").write_bytes(b"never wanted")
    (model / "modeling_evil.py").write_text("raise SystemExit", encoding="utf-8")
    for name in ("consolidated.safetensors", "model.safetensors.index.json", "model-00001-of-00002.safetensors"):
        (model / name).write_text('{"weight_map": {}}', encoding="utf-8")
    with hub_server() as server:
        server.repositories[MODEL] = model
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        # Another server may have had the same port.
        forget_repositories()
        try:
            yield server
        finally:
            forget_repositories()


def _no_network(server, patch):
    patch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")


def _offline(server, patch):
    patch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)


def _always_half_a_body(server, patch):
    server.cut_after, server.cuts = 1, 1000


def _always(status):
    return lambda server, patch: server.failures.extend([status] * 9)


def _without(pattern):
    def remove(server, patch):
        for path in server.repositories[MODEL].glob(pattern):
            path.unlink()

    return remove


NOT_OPENED = [
    pytest.param(lambda server, patch: server.repositories.clear(), MODEL, "none that this token may read", id="id"),
    pytest.param(_no_network, MODEL, "no connection; check the network", id="network"),
    pytest.param(_offline, MODEL, "offline mode (`HF_HUB_OFFLINE`)", id="offline"),
    pytest.param(lambda server, patch: server.gated.add(MODEL), MODEL, "a gated model", id="gated"),
    pytest.param(
        lambda server, patch: setattr(server, "token", "secret"), MODEL, "for a private model log in", id="private"
    ),
    pytest.param(lambda server, patch: None, f"{MODEL}@v9", "no revision `v9` there", id="revision"),
    pytest.param(_always(429), MODEL, "the answer 429 several times", id="429"),
    pytest.param(_always(500), MODEL, "the answer 500 several times", id="500"),
    pytest.param(_always_half_a_body, MODEL, "only a part of it, again and again", id="half"),
    pytest.param(_without("config.json"), MODEL, "Expected config.json in `someone/tiny`", id="config"),
    pytest.param(_without("*.safetensors*"), MODEL, "can run any program", id="pickled"),
]
"""What is done to the hub, the model that is opened, and a part of the message that follows."""


def _fills_up(number):
    def write_some(url, temp_file, **options):
        temp_file.write(b"some")
        raise OSError(number, "as the system says it")

    return lambda server, patch: patch.setattr(huggingface_hub.file_download, "http_get", write_some)


def _too_small_a_disk(server, patch):
    patch.setattr(download.shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))


def _transfer_program_gives_up(server, patch):
    def give_up(*names, **options):
        raise RuntimeError("Data processing error: I/O error: No space left on device (os error 28)")

    patch.setattr(huggingface_hub.file_download, "http_get", give_up)


def _fail_with(status):
    return lambda server, patch: setattr(server, "downloads_fail_with", status)


NOT_DOWNLOADED = [
    pytest.param(_too_small_a_disk, "1000 B are free; free some, or set `HF_HOME`", id="too small a disk"),
    pytest.param(_fills_up(errno.ENOSPC), "nothing is left; free some, or set `HF_HOME`", id="full disk"),
    pytest.param(_fills_up(errno.EDQUOT), "nothing is left; free some, or set `HF_HOME`", id="used-up quota"),
    pytest.param(_transfer_program_gives_up, "nothing is left; free some, or set `HF_HOME`", id="full disk, by hf_xet"),
    pytest.param(_fills_up(errno.EROFS), "Read-only file system”; change its permissions", id="read-only disk"),
    pytest.param(_fail_with(429), "the answer 429 several times", id="429"),
    pytest.param(_fail_with(500), "the answer 500 several times", id="500"),
    pytest.param(_fail_with(403), "the answer 403; log in", id="403"),
    pytest.param(
        lambda server, patch: setattr(server, "downloads_cut_after", 0), "only a part of it, again and again", id="half"
    ),
]
"""What happens to a download, and a part of the message that follows."""
