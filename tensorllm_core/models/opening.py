"""Load a whole model, with its tokenizer, through transformers."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

import torch
from torch import nn

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.checkpoint import Checkpoint, open_checkpoint
from tensorllm_core.models.devices import SPREAD, is_out_of_memory, resolve_device
from tensorllm_core.models.download import download, plan_download
from tensorllm_core.models.family import Objective
from tensorllm_core.models.hub import HubRepository
from tensorllm_core.types import Progress

__all__ = ["LoadedModel", "load_model"]


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model that several people share; whoever edits or runs it holds its lock, which is re-entrant.

    `model` and `tokenizer` are the PreTrainedModel and PreTrainedTokenizerBase of transformers.
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
    """Load a bundled name, a folder or a hub id, ready for evaluation; runs no code that comes with the model.

    What is not on this machine is downloaded first, at the commit that the checkpoint is pinned to.

    Raises:
        ModelNotFoundError, UnknownArchitectureError, FileAccessError: as `open_checkpoint`.
        CheckpointError: as `open_checkpoint`, or weights or the tokenizer are missing.
        RequestError: this machine has no such device.
        StoppedError: `progress` asked to stop the download.
    """
    # Imported here, because exploring a checkpoint needs no model and should not wait seconds for this.
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

    checkpoint = open_checkpoint(reference)
    chosen = resolve_device(device)
    folder = _folder_of(checkpoint, progress)
    auto = AutoModelForCausalLM if checkpoint.family.objective is Objective.CONTINUE else AutoModelForMaskedLM
    try:
        model, report = auto.from_pretrained(
            folder,
            dtype=dtype,
            # Through accelerate, which fills one device after the other.
            device_map="auto" if device == SPREAD else None,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            raise
        raise CheckpointError(
            f"Expected a complete {checkpoint.model_type} model in {folder}, got one that transformers "
            f"refuses ({_first_line(error)}); copy or download it again."
        ) from error
    if report["missing_keys"]:
        raise CheckpointError(
            f"Expected the weight `{min(report['missing_keys'])}` in {folder}, got none; give a checkpoint "
            "with its output layer."
        )
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"Expected a tokenizer in {folder}, got none that opens ({_first_line(error)}); copy or "
            "download tokenizer.json too."
        ) from error
    return LoadedModel((model if device == SPREAD else model.to(chosen)).eval(), tokenizer, checkpoint)


def _folder_of(checkpoint: Checkpoint, progress: Progress) -> Path:
    if isinstance(checkpoint.storage, HubRepository):
        return download(plan_download(checkpoint.storage), progress)
    return Path(checkpoint.storage.place)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
