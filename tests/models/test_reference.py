from __future__ import annotations

import os
import re

import huggingface_hub.constants
import pytest

from tensorllm_core.errors import ModelNotFoundError
from tensorllm_core.models.bundled_models import BUNDLED, bundled_folder
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.reference import plain_reference, resolve_reference
from tensorllm_core.models.storage import LocalFolder
from tests.models.tiny_models import saved_model


@pytest.fixture
def hub_cache(tmp_path, monkeypatch):
    """A hub cache with one snapshot of `someone/tiny`, at revision `main`."""
    cache = tmp_path / "hub"
    repository = cache / "models--someone--tiny"
    commit = "0123456789abcdef0123456789abcdef01234567"
    saved_model("llama", repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    return repository / "snapshots" / commit


def test_a_folder_is_taken_as_it_is(tmp_path, monkeypatch):
    assert resolve_reference(str(tmp_path)) == LocalFolder(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "owner" / "name").mkdir(parents=True)
    assert resolve_reference("~/owner") == LocalFolder(tmp_path / "owner")
    monkeypatch.chdir(tmp_path)
    assert resolve_reference("owner/name").path.samefile(tmp_path / "owner" / "name")


def test_a_bundled_name_comes_before_a_folder_of_that_name(tmp_path, monkeypatch):
    monkeypatch.setitem(BUNDLED, "demo-decoder", tmp_path / "bundled")
    (tmp_path / "bundled").mkdir()
    (tmp_path / "demo-decoder").mkdir()
    monkeypatch.chdir(tmp_path)
    assert resolve_reference("demo-decoder") == LocalFolder(tmp_path / "bundled")


@pytest.mark.parametrize("revision", ["", "@main", "@0123456789abcdef0123456789abcdef01234567"])
def test_a_hub_id_leads_to_its_snapshot_in_the_cache(hub_cache, revision):
    assert resolve_reference(f"someone/tiny{revision}").path.samefile(hub_cache)
    assert open_checkpoint(f"someone/tiny{revision}").commit == hub_cache.name
    assert open_checkpoint(f"someone/tiny{revision}").model_type == "llama"


@pytest.mark.parametrize("name", ["someone/other", "someone/tiny@v2"])
def test_a_hub_id_that_is_not_in_the_cache_is_refused_with_what_to_do(hub_cache, name):
    with pytest.raises(ModelNotFoundError, match=r"`someone/\w+` from the Hugging Face hub, got offline mode"):
        resolve_reference(name)


@pytest.mark.parametrize("name", ["", " ", "absent", "Demo-Decoder", "a\0b"])
def test_an_unknown_name_is_answered_with_the_bundled_ones(name):
    with pytest.raises(ModelNotFoundError, match=", ".join(re.escape(f"`{known}`") for known in BUNDLED)):
        resolve_reference(name)


@pytest.mark.parametrize(
    "name", ["./absent", f"a/{400 * 'b'}", "/no/such/folder", "../x", "a/b/c", "https://example.org/model", "C:\\x"]
)
def test_a_path_that_leads_nowhere_is_refused_as_a_path(name):
    with pytest.raises(ModelNotFoundError, match="Expected a folder with a model"):
        resolve_reference(name)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "model.safetensors.index.json", "tokenizer.json"])
def test_a_file_of_a_model_leads_to_its_folder(tmp_path, name):
    (tmp_path / name).touch()
    assert resolve_reference(str(tmp_path / name)) == LocalFolder(tmp_path)


@pytest.mark.parametrize("name", ["thesis.pdf", "archive.tar.gz", "README"])
def test_another_file_is_refused_with_what_to_give(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(ModelNotFoundError, match="which belongs to none; give the folder that holds"):
        resolve_reference(str(tmp_path / name))


@pytest.mark.parametrize("name", ["model.gguf", "config.json", "model"])
def test_a_pipe_is_refused_as_what_it_is(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(ModelNotFoundError, match=f"file of a model at .*/{name}, got a pipe; give another path"):
        resolve_reference(str(tmp_path / name))


@pytest.mark.parametrize(
    "typed", ['"{}"', "'{}'", " `{}` ", "“{}”", "file://{}", "file://localhost{}", "'file://{}'", "{}/", "{}//"]
)
def test_what_surrounds_a_pasted_path_does_not_count(tmp_path, typed):
    folder = tmp_path / "my model"
    folder.mkdir()
    path = str(folder).replace(" ", "%20") if "file:" in typed else str(folder)
    assert resolve_reference(typed.format(path)).path.samefile(folder)


@pytest.mark.parametrize("place", ["models--someone--tiny", "models--someone--tiny/snapshots"])
@pytest.mark.parametrize("has_main", [True, False])
def test_a_model_in_the_hub_cache_is_found_in_its_root(hub_cache, tmp_path, place, has_main):
    if not has_main:
        (hub_cache.parents[1] / "refs" / "main").unlink()
    assert resolve_reference(str(tmp_path / "hub" / place)).path.samefile(hub_cache)


def test_of_two_snapshots_that_of_main_counts(hub_cache):
    other = hub_cache.with_name("f" * 40)
    saved_model("gpt2", other)
    assert resolve_reference(str(hub_cache.parents[1])).path.samefile(hub_cache)
    (hub_cache.parents[1] / "refs" / "main").write_text("../../../etc")
    with pytest.raises(ModelNotFoundError, match=rf"2 of its folders hold one .*`snapshots/{other.name}`"):
        resolve_reference(str(hub_cache.parents[1]))


def test_a_folder_of_checkpoints_is_refused_with_the_newest(tmp_path):
    for step in (500, 1000):
        saved_model("llama", tmp_path / f"checkpoint-{step}")
    with pytest.raises(ModelNotFoundError, match=r"2 of its folders hold one \(.*`checkpoint-1000`\)"):
        resolve_reference(str(tmp_path))


@pytest.mark.parametrize(
    "page",
    [
        "https://huggingface.co/someone/tiny",
        "huggingface.co/someone/tiny/",
        "https://huggingface.co/someone/tiny/tree/main",
        "https://hf.co/someone/tiny/blob/main/config.json",
        "https://huggingface.co/someone/tiny?library=transformers#files",
        "HTTPS://HuggingFace.co/someone/tiny/tree/main/",
        "https://www.huggingface.co/someone/tiny/tree/main?not-for-all-audiences=true",
        "https://huggingface.co/someone/tiny/resolve/main/model.safetensors?download=true",
        "https://huggingface.co/someone/tiny/commits/main",
        "https://huggingface.co/someone/tiny/discussions/3",
        "https://huggingface.co/someone/tiny@main",
        "https://huggingface.co/someone/tiny//",
        " “https://huggingface.co/someone/tiny” ",
    ],
)
def test_the_address_of_a_page_on_the_hub_is_as_good_as_its_id(hub_cache, page):
    assert resolve_reference(page).path.samefile(hub_cache)
    assert open_checkpoint(page).reference in {"someone/tiny", "someone/tiny@main"}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("https://huggingface.co/a/b", "a/b"),
        ("https://huggingface.co/a/b/tree/v1.0/", "a/b@v1.0"),
        ("https://huggingface.co/a/b/tree/refs%2Fpr%2F7", "a/b@refs/pr/7"),
        ("https://huggingface.co/a/b/blob/refs/pr/7/config.json", "a/b@refs/pr/7"),
        ("https://huggingface.co/a/b/tree/my%2Fbranch/sub/folder?x#y", "a/b@my/branch"),
        ("https://huggingface.co/a/b/commit/0123456789abcdef", "a/b@0123456789abcdef"),
        ("https://hf.co/a/b@v2?x=1", "a/b@v2"),
        ("a/b@refs/pr/7", "a/b@refs/pr/7"),
        ("demo-decoder", "demo-decoder"),
        ("https://huggingface.co/datasets/a/b", "https://huggingface.co/datasets/a/b"),
        ("https://huggingface.co.evil.test/a/b", "https://huggingface.co.evil.test/a/b"),
        ("https://evil.test/huggingface.co/a/b", "https://evil.test/huggingface.co/a/b"),
    ],
)
def test_an_address_becomes_the_id_that_records_and_links_know(text, plain):
    assert plain_reference(text) == plain


def test_a_name_too_long_for_a_path_is_refused():
    with pytest.raises(ModelNotFoundError):
        resolve_reference("x" * 100_000)


def test_a_bundled_model_whose_folder_is_gone_is_refused_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(BUNDLED, "demo-decoder", tmp_path / "gone")
    with pytest.raises(ModelNotFoundError, match="train it with `make demo-models`"):
        bundled_folder("demo-decoder")
