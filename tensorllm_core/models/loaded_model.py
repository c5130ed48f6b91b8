"""Load a whole model with its tokenizer, through transformers; where the memory is too small, say what would fit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

import torch
from torch import nn

from tensorllm_core.errors import RequestError, StoppedError
from tensorllm_core.models.abandoning import unless_stopped
from tensorllm_core.models.checkpoint import Checkpoint, open_checkpoint
from tensorllm_core.models.devices import SPREAD, is_out_of_memory, release_memory, resolve_device
from tensorllm_core.models.download import download, plan_download
from tensorllm_core.models.fit import DTYPES, Fit, Option, bytes_text, check_fit
from tensorllm_core.models.from_pretrained import check_config, load_pretrained, load_tokenizer
from tensorllm_core.models.hub import HubRepository
from tensorllm_core.models.quiet import quiet_transformers
from tensorllm_core.types import Progress

__all__ = ["LoadedModel", "load_model", "load_where_it_fits"]


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model that several people share; whoever edits or runs it holds its lock, which is re-entrant.

    `model` is a PreTrainedModel and `tokenizer` a PreTrainedTokenizerBase of transformers.
    """

    model: nn.Module
    tokenizer: Any
    checkpoint: Checkpoint
    lock: AbstractContextManager = field(default_factory=RLock, repr=False)


def load_model(
    reference: str,
    device: str = "auto",
    dtype: torch.dtype = torch.float32,
    progress: Progress = lambda share, message: True,
) -> LoadedModel:
    """Load a bundled name, a folder, a GGUF file or a hub id, ready for evaluation; runs no program that comes with it.

    Files that are not on this machine are downloaded first, at the commit of the checkpoint.

    Raises:
        ModelNotFoundError, UnknownArchitectureError, FileAccessError: as `open_checkpoint`.
        CheckpointError: as `open_checkpoint`, `load_pretrained` and `load_tokenizer`.
        RequestError: this machine has no such device.
        StoppedError: `progress` asked to stop. The loading itself then ends in the background.
    """
    # Check what can be checked from config and headers, then get the files.
    checkpoint = open_checkpoint(reference)
    target = resolve_device(device)
    folder = _folder_of(checkpoint, progress)

    def load() -> LoadedModel:
        quiet_transformers()
        check_config(folder, checkpoint)
        # accelerate divides a spread model: it fills one device after the other.
        tokenizer = load_tokenizer(checkpoint, folder)
        model = load_pretrained(checkpoint, folder, dtype, "auto" if device == SPREAD else None)
        return LoadedModel(model if device == SPREAD else model.to(target), tokenizer, checkpoint)

    def go_on() -> bool:
        return progress(1.0, "loading the model")

    if not go_on():
        raise StoppedError("The loading was stopped before it began; start it again.")
    return unless_stopped(load, go_on)


def load_where_it_fits(
    reference: str,
    device: str = "auto",
    dtype: str = "float32",
    progress: Progress = lambda share, message: True,
    load: Callable[..., LoadedModel] = load_model,
) -> LoadedModel:
    """The model on a device, in a type of `DTYPES`; `load` is called as `load_model`.

    Raises:
        ExplorerError: as `load_model`.
        RequestError: the type is unknown, or the memory is too small; then the message names the next smaller option.
    """
    if dtype not in DTYPES:
        raise RequestError(
            f"Expected the number type to be one of {', '.join(DTYPES)}, got `{dtype}`; choose one of them."
        )
    try:
        return load(reference, device, DTYPES[dtype], progress)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    # After the `except` clause: inside it the traceback still refers to what was loaded.
    release_memory()
    raise RequestError(_too_little_memory(reference, device, dtype))


def _folder_of(checkpoint: Checkpoint, progress: Progress) -> Path:
    """The folder or the GGUF file on this machine that holds the model."""
    if isinstance(checkpoint.storage, HubRepository):
        return download(plan_download(checkpoint.storage), progress)
    return Path(checkpoint.storage.place)


def _too_little_memory(reference: str, device: str, dtype: str) -> str:
    """The message for a model that did not fit, with the next smaller option where there is one."""
    fit = check_fit(open_checkpoint(reference))
    failed = _option_of(fit, device, dtype)
    smaller = fit.smaller_than(failed) if failed else fit.best
    needed = f" of {bytes_text(failed.needed)}" if failed else ""
    expected = f"Expected memory{needed} for `{reference}` in {dtype} on {device}, got too little while it was loaded; "
    if smaller is None:
        return expected + "explore its layers without loading it, or free some memory."
    return expected + f"choose {smaller.dtype} on {smaller.device}, which needs {bytes_text(smaller.needed)}."


def _option_of(fit: Fit, device: str, dtype: str) -> Option | None:
    """The option that was tried; options name each CUDA device with its number."""
    if device == SPREAD:
        return fit.option(SPREAD, dtype)
    resolved = resolve_device(device)
    return fit.option(f"cuda:{resolved.index or 0}" if resolved.type == "cuda" else resolved.type, dtype)
