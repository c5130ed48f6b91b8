"""A place that holds something else than a model that we read: say what lies there, and how to open it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from tensorllm_core.errors import CheckpointError, ExplorerError
from tensorllm_core.models.json_files import read_json
from tensorllm_core.models.storage import Storage

__all__ = ["EXPECTED", "INDEX_FILE", "SINGLE_FILE", "refuse_adapters", "what_lies_there"]

SINGLE_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
EXPECTED = f"`{SINGLE_FILE}` or `{INDEX_FILE}`"
_ADAPTER_CONFIG = "adapter_config.json"
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_OTHER_PROGRAMS = {".onnx": "ONNX", ".h5": "TensorFlow", ".msgpack": "Flax", ".mlmodel": "Core ML", ".tflite": "LiteRT"}
_VARIANT = re.compile(r"model\.([\w-]+?)(?:-\d+-of-\d+)?\.safetensors|model\.safetensors\.index\.([\w-]+)\.json")
_SHARD = re.compile(r".*-\d+-of-\d+\.safetensors")
_OF_AN_ADAPTER = re.compile(r"\.lora_(A|B|embedding_A|embedding_B|magnitude_vector)\b")
_LONGEST_NAME = 200


def what_lies_there(storage: Storage) -> str | None:
    """What a place without a model of ours holds instead, and what to do, as a message; None where nothing is known.

    Raises:
        FileAccessError: a file may not be read.
    """
    names = storage.names()
    if message := _adapter(storage, names):
        return message
    if {SINGLE_FILE, INDEX_FILE} & set(names):
        return None
    explanations = (explain(storage, names) for explain in (_variant, _safetensors, _pickled, _other_program))
    return next((message for message in explanations if message), None)


def refuse_adapters(names: Iterable[str]) -> None:
    """Accept tensors beside which no adapter waits to be merged: the model computes with the sum of both.

    Raises:
        CheckpointError: by their names, some tensors are those of an adapter.
    """
    if name := next((name for name in names if _OF_AN_ADAPTER.search(name)), None):
        raise CheckpointError(
            f"Expected the weights of a model, got an adapter (LoRA) beside them (`{name}`); merge it with PEFT's "
            "`merge_and_unload` and save the result with `save_pretrained`."
        )


def _adapter(storage: Storage, names: tuple[str, ...]) -> str | None:
    if _ADAPTER_CONFIG not in names:
        return None
    try:
        base = read_json(storage, _ADAPTER_CONFIG).get("base_model_name_or_path")
    except ExplorerError:
        base = None
    model = f"`{base[:_LONGEST_NAME]}`" if isinstance(base, str) and base else "a model that it does not name"
    return (
        f"Expected a whole model in {storage.place}, got an adapter (LoRA) of {model}; open that model, or merge the "
        "adapter into it with PEFT's `merge_and_unload` and save the result with `save_pretrained`."
    )


def _variant(storage: Storage, names: tuple[str, ...]) -> str | None:
    for name in names:
        if match := _VARIANT.fullmatch(name):
            variant = match[1] or match[2]
            return (
                f"Expected {EXPECTED} in {storage.place}, got the variant `{variant}` alone (`{name}`); take "
                f"`.{variant}` out of the names of the files and of those in the index, or open it once with "
                f'`from_pretrained(..., variant="{variant}")` and save it with `save_pretrained`.'
            )
    return None


def _safetensors(storage: Storage, names: tuple[str, ...]) -> str | None:
    safetensors = [name for name in names if name.endswith(".safetensors")]
    if any(map(_SHARD.fullmatch, safetensors)):
        return f"Expected `{INDEX_FILE}` beside the shards in {storage.place}, got none; copy or download it too."
    if safetensors:
        return (
            f"Expected {EXPECTED} in {storage.place}, got `{safetensors[0]}`; rename it to `{SINGLE_FILE}` if it holds "
            "the whole model under the names that transformers uses."
        )
    return None


def _pickled(storage: Storage, names: tuple[str, ...]) -> str | None:
    pickled = [name for name in names if name.endswith(_PICKLES)]
    if not pickled:
        return None
    return (
        f"Expected weights as safetensors in {storage.place}, got only pickled ones (`{pickled[0]}`), which can run "
        "any program when opened; take the revision that the hub's converter offers "
        "(huggingface.co/spaces/safetensors/convert), as in `owner/name@refs/pr/1`, or convert them with "
        "`save_pretrained`."
    )


def _other_program(storage: Storage, names: tuple[str, ...]) -> str | None:
    for name in names:
        if program := _OTHER_PROGRAMS.get(PurePath(name).suffix):
            return (
                f"Expected weights as safetensors in {storage.place}, got them for {program} only (`{name}`); take the "
                "PyTorch version of the model, which its page on the hub names as its base or original."
            )
    return None
