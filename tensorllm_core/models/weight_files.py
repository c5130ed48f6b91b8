"""Which files of a folder or a repository hold the weights of the model: transformers' own rule, for all who need them.

The file that config.json names under `transformers_weights`, else `model.safetensors`, else the shards that
`model.safetensors.index.json` lists; whatever else lies there is not the model (transformers 5.23, modeling_utils.py,
`_get_resolved_checkpoint_files`). So an index that an older save left behind counts for nothing beside a single file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.json_files import read_json
from tensorllm_core.models.other_contents import EXPECTED, INDEX_FILE, SINGLE_FILE, what_lies_there
from tensorllm_core.models.storage import Storage

__all__ = ["INDEX_FILE", "SINGLE_FILE", "WeightFiles", "weight_files"]

_CONFIG, _NAMED_IN_CONFIG = "config.json", "transformers_weights"
_LONGEST_NAME = 200


@dataclass(frozen=True)
class WeightFiles:
    """The safetensors files that hold the weights, also those that are missing.

    `index` is the file that lists them; None where there is one file alone. `file_of` gives the file of each tensor by
    its name, as the index says; it is empty without an index.
    """

    names: tuple[str, ...]
    index: str | None
    file_of: Mapping[str, str]


def weight_files(storage: Storage, config: Mapping[str, object] | None = None) -> WeightFiles:
    """The files that transformers would load; `config` is what config.json holds, which is read if it is not given.

    Raises:
        CheckpointError: there are none, or the index of the shards holds no map from tensors to files.
        FileAccessError: a file may not be read.
    """
    names = storage.names()
    if config is None:
        config = read_json(storage, _CONFIG) if _CONFIG in names else {}
    named = _named_in_config(storage, names, config)
    if named is None and SINGLE_FILE in names:
        return WeightFiles((SINGLE_FILE,), None, {})
    if named is not None and not named.endswith(".json"):
        return WeightFiles((named,), None, {})
    index = named or INDEX_FILE
    if index not in names:
        raise CheckpointError(
            what_lies_there(storage)
            or f"Expected {EXPECTED} in {storage.place}, got neither; copy or download the weights too."
        )
    file_of = _weight_map(storage, index)
    return WeightFiles(tuple(sorted(set(file_of.values()))), index, file_of)


def _named_in_config(storage: Storage, names: tuple[str, ...], config: Mapping[str, object]) -> str | None:
    """The file that config.json names; None where it names none."""
    named = config.get(_NAMED_IN_CONFIG)
    if named is None:
        return None
    if not isinstance(named, str) or PurePath(named).name != named or named not in names:
        raise CheckpointError(
            f"Expected the file that config.json names under `{_NAMED_IN_CONFIG}` in {storage.place}, got "
            f"`{str(named)[:_LONGEST_NAME]}`, which is not there; copy it too, or remove that line."
        )
    if not named.endswith((".safetensors", ".safetensors.index.json")):
        raise CheckpointError(
            f"Expected a safetensors file or its index under `{_NAMED_IN_CONFIG}` in config.json, got "
            f"`{named[:_LONGEST_NAME]}`; convert it with `save_pretrained`."
        )
    return named


def _weight_map(storage: Storage, index: str) -> dict[str, str]:
    """The file of each tensor by its name, from the index of the shards."""
    weight_map = read_json(storage, index).get("weight_map")
    if not isinstance(weight_map, dict) or not all(isinstance(file, str) for file in weight_map.values()):
        raise CheckpointError(
            f"Expected a `weight_map` from names to files in {index}, got none; copy or download it again."
        )
    return weight_map
