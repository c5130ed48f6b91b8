"""Models of the hub, opened by id through a server on this machine that speaks its protocol."""

from __future__ import annotations

import pytest
import torch

from tensorllm_core.errors import CheckpointError, ModelNotFoundError
from tensorllm_core.models import patience
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tests.models.hub_models import MODEL, hub_with_a_model
from tests.models.tiny_models import saved_model
from tests.tools.hub_server import COMMIT


@pytest.fixture
def server(tmp_path, monkeypatch):
    with hub_with_a_model(tmp_path, monkeypatch) as hub_server:
        yield hub_server


@pytest.mark.parametrize("revision", ["", "@main", f"@{COMMIT}"])
def test_a_model_opens_by_id_and_is_pinned_to_its_commit(server, revision):
    checkpoint = open_checkpoint(f"{MODEL}{revision}")
    assert checkpoint.commit == COMMIT
    assert checkpoint.layers == 3
    on_disk = read_attention(open_checkpoint(str(server.repositories[MODEL])), 1)
    over_http = read_attention(checkpoint, 1)
    for part in "qkvo":
        assert torch.equal(getattr(over_http, part), getattr(on_disk, part))


def test_only_the_layer_is_served_and_nothing_lands_on_the_disk(server, tmp_path):
    checkpoint = open_checkpoint(MODEL)
    opened = server.served["model.safetensors"]
    read_attention(checkpoint, 1)
    assert server.served["model.safetensors"] - opened == 4 * checkpoint.sizes.entries
    assert not (tmp_path / "cache").exists()


def test_shards_open_too(server, tmp_path):
    folder = saved_model("qwen2", tmp_path / "shards", max_shard_size="20KB")
    server.repositories["someone/shards"] = folder
    checkpoint = open_checkpoint("someone/shards")
    assert len({entry.file for entry in checkpoint.tensors.values()}) > 1
    assert torch.equal(read_attention(checkpoint, 2).o, read_attention(open_checkpoint(str(folder)), 2).o)


def test_opening_again_asks_the_hub_nothing(server):
    open_checkpoint(MODEL)
    earlier = len(server.requests)
    open_checkpoint(MODEL)
    assert len(server.requests) == earlier


def test_a_private_model_opens_with_the_token(server, monkeypatch):
    server.token = "secret"
    with pytest.raises(ModelNotFoundError, match=r"none that this token may read; .* log in with `hf auth login`"):
        open_checkpoint(MODEL)
    monkeypatch.setenv("HF_TOKEN", "secret")
    assert open_checkpoint(MODEL).model_type == "llama"


def test_a_gated_model_is_refused_with_where_to_ask(server):
    server.gated.add(MODEL)
    with pytest.raises(ModelNotFoundError, match=rf"gated model .* ask for access .*huggingface.co/{MODEL}"):
        open_checkpoint(MODEL)


@pytest.mark.parametrize(
    ("reference", "words"),
    [("someone/missing", "none that this token may read; check the id"), (f"{MODEL}@v9", "no revision `v9` there")],
)
def test_what_is_not_there_is_said(server, reference, words):
    with pytest.raises(ModelNotFoundError, match=words):
        open_checkpoint(reference)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_hub_is_asked_again(server, status):
    server.failures = [status, status]
    assert open_checkpoint(MODEL).model_type == "llama"


def test_a_hub_that_stays_busy_is_said_in_one_sentence(server):
    server.failures = [429] * 20
    with pytest.raises(ModelNotFoundError, match=r"got the answer 429 several times; try again in some minutes\.$"):
        open_checkpoint(MODEL)
    assert len(server.requests) == 5


def test_every_wait_for_a_busy_hub_is_longer_than_the_one_before(server, monkeypatch):
    waits = []
    monkeypatch.setattr(patience, "_sleep", waits.append)
    server.failures = [503] * 20
    with pytest.raises(ModelNotFoundError):
        open_checkpoint(MODEL)
    assert waits == sorted(set(waits))
    assert len(waits) == 4


def test_a_hub_that_says_how_long_to_wait_is_obeyed_within_reason(server, monkeypatch):
    waits = []
    monkeypatch.setattr(patience, "_sleep", waits.append)
    server.failures, server.retry_after = [429, 429], "7"
    assert open_checkpoint(MODEL).model_type == "llama"
    assert waits == [7.0, 7.0]


def test_half_a_body_is_continued_from_where_it_ended(server):
    checkpoint = open_checkpoint(MODEL)
    before = server.served["model.safetensors"]
    server.cut_after, server.cuts = 1000, 3
    weights = read_attention(checkpoint, 1)
    assert torch.equal(weights.q, read_attention(open_checkpoint(str(server.repositories[MODEL])), 1).q)
    assert server.served["model.safetensors"] - before == 4 * checkpoint.sizes.entries


def test_a_body_that_is_always_cut_is_said_in_one_sentence(server):
    checkpoint = open_checkpoint(MODEL)
    server.cut_after, server.cuts = 1, 100
    with pytest.raises(ModelNotFoundError, match="only a part of it, again and again"):
        read_attention(checkpoint, 1)


def test_without_a_network_there_is_one_sentence(server, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelNotFoundError, match="no connection; check the network"):
        open_checkpoint(MODEL)


def test_pickled_weights_alone_are_refused_with_the_conversion(server, tmp_path):
    folder = tmp_path / "pickled"
    folder.mkdir()
    (folder / "config.json").write_bytes((server.repositories[MODEL] / "config.json").read_bytes())
    (folder / "pytorch_model.bin").write_bytes(b"x")
    server.repositories["someone/pickled"] = folder
    with pytest.raises(CheckpointError, match=r"can run any program when opened; .*spaces/safetensors/convert"):
        open_checkpoint("someone/pickled")
