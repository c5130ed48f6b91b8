"""The formats in which a model's files may hold its config and its weights, behind one interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.family import Family
from tensorllm_core.models.gguf_architectures import SPLIT_FILE, split_file_error
from tensorllm_core.models.gguf_file import GgufFile
from tensorllm_core.models.headers import TensorEntry, read_headers
from tensorllm_core.models.json_files import read_json
from tensorllm_core.models.other_contents import refuse_adapters, what_lies_there
from tensorllm_core.models.quantisation import refuse_quantised_config, refuse_quantised_tensors
from tensorllm_core.models.sizes import AttentionSizes
from tensorllm_core.models.storage import LocalFile, LocalFolder, Storage

__all__ = ["WeightFormat", "format_of"]

CONFIG_FILE = "config.json"
_SAFETENSORS = (".safetensors", ".safetensors.index.json")
_GGUF = ".gguf"
_MOST_LISTED = 10
"""How many files a message names."""


@runtime_checkable
class WeightFormat(Protocol):
    """The files of a model. All methods read headers alone, and raise errors of ours for bad files."""

    @property
    def storage(self) -> Storage:
        """The place of the files."""

    @property
    def declared_in(self) -> str:
        """Where the sizes stand, for messages."""

    @property
    def gguf_file(self) -> str | None:
        """The name of the GGUF file that holds all; None in another format."""

    def read_notices(self) -> tuple[str, ...]:
        """What a reader of the model's answers must know of the files, one sentence each."""

    def read_config(self) -> Mapping[str, object]:
        """The model type and the sizes, under the keys of config.json."""

    def read_tensors(self, family: Family, sizes: AttentionSizes) -> dict[str, TensorEntry]:
        """Every stored tensor by its name in transformers."""


@dataclass(frozen=True)
class SafetensorsFiles:
    """A config.json and safetensors files."""

    storage: Storage
    declared_in: str = CONFIG_FILE
    gguf_file: None = None

    def read_config(self) -> dict[str, object]:
        """The config.

        Raises:
            CheckpointError: there is none, or it declares a quantisation.
        """
        if CONFIG_FILE not in self.storage.names():
            raise CheckpointError(
                what_lies_there(self.storage)
                or f"Expected {CONFIG_FILE} in {self.storage.place}, got none; give the folder that holds the model."
            )
        refuse_quantised_config(self._config)
        return self._config

    def read_notices(self) -> tuple[str, ...]:
        """None: transformers reads all of a config."""
        return ()

    def read_tensors(self, family: Family, sizes: AttentionSizes) -> dict[str, TensorEntry]:
        """Every stored tensor, whatever the family is.

        Raises:
            CheckpointError: a file or a tensor is missing, cut short, quantised or pickled.
        """
        tensors = read_headers(self.storage, self.storage.place, self._config)
        refuse_quantised_tensors(tensors)
        refuse_adapters(tensors)
        for entry in tensors.values():
            # A matrix of whole numbers holds codes, whatever its name: read as numbers it would be another model.
            if entry.name.endswith(".weight") and len(entry.shape) > 1:
                entry.check_type()
        return tensors

    @cached_property
    def _config(self) -> dict[str, object]:
        return read_json(self.storage, CONFIG_FILE)


def format_of(storage: Storage) -> WeightFormat:
    """The format of the files at a place: GGUF where there is no safetensors file beside it.

    Raises:
        CheckpointError: there are several GGUF files, a part of a split one, or GGUF files on the hub.
    """
    names = storage.names()
    files = [name for name in names if name.lower().endswith(_GGUF)]
    if not files or any(name.endswith(_SAFETENSORS) for name in names):
        return SafetensorsFiles(storage)
    more = f" and {len(files) - _MOST_LISTED} more" if len(files) > _MOST_LISTED else ""
    listed = ", ".join(f"`{name}`" for name in files[:_MOST_LISTED]) + more
    if not isinstance(storage, LocalFolder):
        raise CheckpointError(
            f"Expected safetensors files in {storage.place}, got only GGUF files ({listed}); download one of them and "
            "give its path."
        )
    if len(files) > 1:
        if all(SPLIT_FILE.fullmatch(name) for name in files):
            raise split_file_error(files[0])
        raise CheckpointError(
            f"Expected one GGUF file in {storage.place}, got {len(files)} ({listed}); give the path of one of them."
        )
    return GgufFile(LocalFile(storage.path, files[0]), files[0])
