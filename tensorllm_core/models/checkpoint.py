"""Open a checkpoint by its config and its headers alone, and read the attention weights of one layer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.families import family_of
from tensorllm_core.models.family import Family
from tensorllm_core.models.headers import TensorEntry
from tensorllm_core.models.parameter_counts import parameter_counts
from tensorllm_core.models.patterns import split, stored_shape
from tensorllm_core.models.quantisation import quantisation_notice, quantisation_shares
from tensorllm_core.models.reference import plain_reference, resolve_reference
from tensorllm_core.models.sizes import AttentionSizes
from tensorllm_core.models.storage import Storage
from tensorllm_core.models.weight_format import format_of
from tensorllm_core.models.weight_names import WeightNames, find_weights
from tensorllm_core.types import AttentionWeights

__all__ = ["Checkpoint", "open_checkpoint", "read_attention", "read_matrix"]

_LARGEST = 1e15
"""No trained weight is near it, and a sum of squares of larger ones leaves the range of float32."""


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds; its weights are not read.

    `reference` is the text by which it was opened, as `plain_reference` gives it. `revision` changes whenever a file
    changes. `gguf_file` is the name of the file that holds all of it, where that is a GGUF file, and `unread` what
    transformers does not read from it.
    """

    reference: str
    storage: Storage
    model_type: str
    revision: str
    sizes: AttentionSizes
    weight_names: WeightNames
    tensors: Mapping[str, TensorEntry]
    gguf_file: str | None = None
    unread: tuple[str, ...] = ()

    @property
    def commit(self) -> str | None:
        """The commit of the hub at which its files are read; None where it is not a model of the hub."""
        return self.storage.commit

    @property
    def family(self) -> Family:
        """How its architecture stores the weights."""
        return self.weight_names.family

    @property
    def layers(self) -> int:
        """Number of transformer blocks."""
        return self.sizes.layers

    @property
    def other_layers(self) -> tuple[int, ...]:
        """The layers that have no attention, in order: those of `family.without_attention`."""
        with_attention = set(self.attention_layers)
        return tuple(layer for layer in range(self.layers) if layer not in with_attention)

    @property
    def heads(self) -> int:
        """Query heads of a layer."""
        return self.sizes.heads

    @property
    def groups(self) -> int:
        """Key and value heads of a layer."""
        return self.sizes.groups

    @property
    def d_model(self) -> int:
        """Residual width."""
        return self.sizes.d_model

    @property
    def d_head(self) -> int:
        """Head width."""
        return self.sizes.d_head

    @property
    def parameters(self) -> int:
        """Stored parameters, each counted once."""
        return sum(self.parameters_by_kind().values())

    @property
    def attention_parameters(self) -> int:
        """Stored attention weights without biases; weights that layers share count once."""
        return len(self.sizes.one_of_each(self.attention_layers)) * self.sizes.entries

    @property
    def attention_layers(self) -> tuple[int, ...]:
        """The layers that have attention, in order: all of them but in hybrid models."""
        return tuple(self.weight_names.layers)

    @property
    def quantisation(self) -> dict[str, float] | None:
        """The share of the parameters in each type of a quantised GGUF file; None where no weight is quantised."""
        return quantisation_shares(self.tensors.values()) if self.gguf_file else None

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader of any figure of this model must know, one sentence each."""
        return (*(() if self.quantisation is None else (quantisation_notice(self.quantisation),)), *self.unread)

    def parameters_by_kind(self) -> dict[str, int]:
        """Stored parameters by their purpose; the counts sum to `parameters`."""
        attention = {name for layer in self.attention_layers for name in self.weight_names.attention(layer).values()}
        return parameter_counts(self.tensors.values(), attention, f"{self.weight_names.prefix}{self.family.blocks}.")

    def check_layer(self, layer: int) -> None:
        """Accept a layer of this model that has attention.

        Raises:
            LayerError: the model has no such layer, or the layer has no attention.
        """
        self.weight_names.check_layer(layer)


def open_checkpoint(reference: str) -> Checkpoint:
    """Open a bundled model by its name, a folder, a GGUF file by its path, or a model of the hub by its id.

    Only config.json and the headers of safetensors or GGUF files are read, from the hub too.

    Raises:
        ModelNotFoundError: there is no such model.
        CheckpointError: a file or a tensor is missing, cut short, quantised or pickled, or contradicts the config.
        UnknownArchitectureError: no family describes the model type.
        FileAccessError: a file may not be read.
    """
    # Find the files, and which format they are in.
    files = format_of(resolve_reference(reference))
    # Read the sizes from the config.
    config = files.read_config()
    model_type = str(config.get("model_type", ""))
    family = family_of(model_type, config)
    sizes = family.size_names.read(config)
    # Find the attention weights among the tensors, and compare their shapes with the sizes.
    tensors = files.read_tensors(family, sizes)
    weight_names = find_weights(family, tensors, sizes)
    _check_attention(weight_names, sizes, tensors, files.declared_in)
    return Checkpoint(
        reference=plain_reference(reference),
        storage=files.storage,
        model_type=model_type,
        revision=_revision(files.storage, config, tensors),
        sizes=sizes,
        weight_names=weight_names,
        tensors=MappingProxyType(tensors),
        gguf_file=files.gguf_file,
        unread=files.read_notices(),
    )


def read_attention(checkpoint: Checkpoint, layer: int, device: torch.device | str = "cpu") -> AttentionWeights:
    """The attention weights of one layer in float32; reads the bytes of these weights only.

    Raises:
        LayerError: as `Checkpoint.check_layer`.
        CheckpointError: a weight is not finite, or a file became shorter since the checkpoint was opened.
        FileAccessError: a file may not be read.
    """
    checkpoint.check_layer(layer)
    stored = {
        path: read_matrix(checkpoint.storage, checkpoint.tensors[name]).to(device)
        for path, name in checkpoint.weight_names.attention(layer).items()
    }
    return split(checkpoint.family, stored, checkpoint.sizes)


def read_matrix(storage: Storage, entry: TensorEntry) -> Tensor:
    """One stored matrix in float32.

    Raises:
        CheckpointError: it is not of floating point, not finite or larger than float32 can square and sum, or the file
            became shorter since it was opened.
        FileAccessError: the file may not be read.
    """
    entry.check_type()
    matrix = entry.decode(storage.read(entry.file, entry.start, entry.size))
    # Every entry is finite where both extremes are. Unlike a mask of all entries, this needs no memory.
    smallest, largest = matrix.aminmax()
    if not (smallest.isfinite() and largest.isfinite()):
        raise CheckpointError(
            f"Expected finite weights, got NaN or infinity in `{entry.name}` of {entry.file}; choose a checkpoint that "
            "was saved whole."
        )
    largest_size = max(-float(smallest), float(largest))
    if largest_size > _LARGEST:
        raise CheckpointError(
            f"Expected weights below {_LARGEST:.0e} in size, got {largest_size:.1e} in `{entry.name}` of {entry.file}; "
            "choose a checkpoint that was saved whole."
        )
    return matrix


def _check_attention(
    weight_names: WeightNames, sizes: AttentionSizes, tensors: Mapping[str, TensorEntry], declared_in: str
) -> None:
    """Accept tensors among which every attention matrix stands in the shape that the config declares."""
    for layer in weight_names.layers:
        for matrix in weight_names.family.matrices:
            name = weight_names.name(layer, matrix.path)
            entry = tensors.get(name)
            if entry is None:
                raise CheckpointError(
                    f"Expected the tensor `{name}`, as {declared_in} declares {sizes.layers} layers, got none; copy or "
                    "download the model again."
                )
            expected = stored_shape(matrix, sizes)
            if entry.shape != expected:
                raise CheckpointError(
                    f"Expected `{name}` of shape {expected} as {declared_in} declares, got {entry.shape}; give the "
                    "config that belongs to these weights."
                )
            entry.check_type()


def _revision(storage: Storage, config: Mapping[str, object], tensors: Mapping[str, TensorEntry]) -> str:
    """A short text that changes with the config, the headers or the stamp of a file."""
    digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode())
    for entry in tensors.values():
        digest.update(repr(entry).encode())
    for file in sorted({entry.file for entry in tensors.values()}):
        digest.update(f"{file} {storage.stamp(file)}".encode())
    return digest.hexdigest()[:12]
