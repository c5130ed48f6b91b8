"""Downloads of models from a hub on this machine: their size, their progress, and everything that can end them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import huggingface_hub.constants
import pytest
import torch

from tensorllm_core.errors import ExplorerError, StoppedError
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tensorllm_core.models.download import download, plan_download
from tensorllm_core.models.hub import HubRepository, find_on_hub
from tensorllm_core.models.loaded_model import load_model
from tests.models.hub_models import MODEL, NOT_DOWNLOADED, hub_with_a_model
from tests.models.tiny_models import logits, tiny_model
from tests.patience import PATIENCE

WEIGHTS = "model.safetensors"
_PIECE = 10_000
"""Bytes that huggingface_hub writes at a time here. Its own setting is larger than the tiny model."""
_DOWNLOADS = (
    f"import huggingface_hub.constants; huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE = {_PIECE}; "
    "from tensorllm_core.models.download import download, plan_download; "
    "from tensorllm_core.models.hub import find_on_hub; "
    f"download(plan_download(find_on_hub({MODEL!r})))"
)


@pytest.fixture
def server(tmp_path, monkeypatch):
    with hub_with_a_model(tmp_path, monkeypatch) as hub_server:
        yield hub_server


def on_hub(server, name=WEIGHTS) -> bytes:
    return (server.repositories[MODEL] / name).read_bytes()


def half_fetched(tmp_path) -> list[Path]:
    return list((tmp_path / "cache").rglob("*.incomplete"))


def test_a_download_is_sized_before_and_takes_neither_pickles_nor_programs(server):
    plan = plan_download(find_on_hub(MODEL))
    assert set(plan.names) == {
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert plan.missing == plan.total == sum(len(on_hub(server, name)) for name in plan.names)


def test_loading_downloads_first_and_reports_its_progress(server):
    reports = []
    loaded = load_model(MODEL, "cpu", progress=lambda share, message: reports.append((share, message)) or True)
    torch.testing.assert_close(logits(loaded.model), logits(tiny_model("llama")))
    assert [share for share, _ in reports] == sorted(share for share, _ in reports)
    assert reports[-1][0] == 1.0
    assert "downloading config.json: " in reports[0][1]
    assert open_checkpoint(MODEL).commit == find_on_hub(MODEL).commit
    assert not isinstance(open_checkpoint(MODEL).storage, HubRepository)
    assert plan_download(find_on_hub(MODEL)).missing == 0


def test_a_download_stopped_half_way_is_finished_by_the_next(server):
    plan = plan_download(find_on_hub(MODEL))
    with pytest.raises(StoppedError, match="complete files are kept"):
        download(plan, lambda share, message: WEIGHTS not in message)
    # Half a model is none, so it is still read from the hub.
    assert isinstance(open_checkpoint(MODEL).storage, HubRepository)
    assert 0 < plan_download(find_on_hub(MODEL)).missing < plan.total
    assert (download(plan) / WEIGHTS).read_bytes() == on_hub(server)


@pytest.fixture
def killed(server, tmp_path):
    """The hub, and a cache in which a process was downloading when it was killed in the middle of the weights."""
    server.downloads_stall_after = 2**16
    assert len(on_hub(server)) > server.downloads_stall_after
    surroundings = {"HF_ENDPOINT": server.url, "HF_HUB_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "0"}
    process = subprocess.Popen([sys.executable, "-c", _DOWNLOADS], env=os.environ | surroundings)
    assert server.stalled.wait(PATIENCE)
    while not any(path.stat().st_size for path in half_fetched(tmp_path)):
        time.sleep(0.01)
    process.kill()
    process.wait()
    server.downloads_stall_after = 0
    return server


def test_a_download_that_was_killed_leaves_a_cache_from_which_the_next_goes_on(killed, tmp_path):
    (left,) = half_fetched(tmp_path)
    assert 0 < left.stat().st_size < len(on_hub(killed))
    half = open_checkpoint(MODEL)
    assert isinstance(half.storage, HubRepository)
    complete = read_attention(open_checkpoint(str(killed.repositories[MODEL])), 1)
    assert torch.equal(read_attention(half, 1).q, complete.q)
    earlier = len(killed.requests)
    torch.testing.assert_close(logits(load_model(MODEL, "cpu").model), logits(tiny_model("llama")))
    assert torch.equal(read_attention(open_checkpoint(MODEL), 1).q, complete.q)
    assert not isinstance(open_checkpoint(MODEL).storage, HubRepository)
    # Complete files are not fetched again.
    assert not any("config.json" in request for request in killed.requests[earlier:] if "tokenizer" not in request)


def test_the_incomplete_file_of_a_killed_download_is_removed_once_nobody_writes_to_it_any_more(killed, tmp_path):
    (left,) = half_fetched(tmp_path)
    download(plan_download(find_on_hub(MODEL)))
    assert half_fetched(tmp_path) == [left]
    yesterday = time.time() - 86_400
    os.utime(left, (yesterday, yesterday))
    download(plan_download(find_on_hub(MODEL)))
    assert half_fetched(tmp_path) == []


def test_half_bodies_are_continued_until_the_file_is_whole(server, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", _PIECE)
    server.downloads_cut_after = 5 * _PIECE
    assert (download(plan_download(find_on_hub(MODEL))) / WEIGHTS).read_bytes() == on_hub(server)
    assert server.served[WEIGHTS] == len(on_hub(server))


@pytest.mark.parametrize(("spoil", "words"), NOT_DOWNLOADED)
def test_what_ends_a_download_is_one_sentence_and_the_next_one_succeeds(server, tmp_path, spoil, words):
    with pytest.MonkeyPatch.context() as patch:
        spoil(server, patch)
        with pytest.raises(ExplorerError) as refused:
            download(plan_download(find_on_hub(MODEL)))
    assert words in str(refused.value)
    assert str(refused.value).count(". ") == 0
    assert half_fetched(tmp_path) == []
    server.downloads_fail_with, server.downloads_cut_after = 0, None
    assert (download(plan_download(find_on_hub(MODEL))) / WEIGHTS).read_bytes() == on_hub(server)


def test_a_disk_without_room_is_noticed_before_the_first_request(server, monkeypatch):
    plan = plan_download(find_on_hub(MODEL))
    earlier = len(server.requests)
    spoil, _ = NOT_DOWNLOADED[0].values
    spoil(server, monkeypatch)
    with pytest.raises(ExplorerError, match="room on the disk"):
        download(plan)
    assert len(server.requests) == earlier


def test_a_cache_in_which_the_branch_cannot_be_recorded_still_gives_the_model(server, tmp_path):
    plan = plan_download(find_on_hub(MODEL))
    in_the_way = tmp_path / "cache" / "models--someone--tiny" / "refs"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_text("", encoding="utf-8")
    assert (download(plan) / WEIGHTS).read_bytes() == on_hub(server)
