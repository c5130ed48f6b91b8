"""Transformers' own loading of a model and its tokenizer; whatever it finds wrong becomes one sentence.

It reads files that nobody has checked, and refuses them in many ways: with every kind of exception, while it builds the
model, while it loads the weights, or only when the model first runs. Memory that is full, and a person who interrupts,
are not the files' fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tensorllm_core.errors import CheckpointError, ExplorerError
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.devices import is_out_of_memory
from tensorllm_core.models.family import Objective
from tensorllm_core.models.json_files import read_json
from tensorllm_core.models.module_weights import module_weight_names
from tensorllm_core.models.parameter_counts import is_buffer
from tensorllm_core.models.pretrained_files import pretrained_files, tokenizer_advice, weight_options
from tensorllm_core.models.storage import LocalFolder

__all__ = ["check_config", "load_pretrained", "load_tokenizer", "reason"]

_LONGEST_REASON = 300
_MOST_LABELS = 1_000_000


def check_config(folder: Path, checkpoint: Checkpoint) -> None:
    """Accept a config.json that transformers reads; a GGUF file has none.

    Raises:
        CheckpointError: it refuses it, or its tokens see others than the answers to questions need.
    """
    # Imported here and below, because the import takes seconds, and exploring a checkpoint needs no model.
    from transformers import AutoConfig

    if checkpoint.gguf_file is not None:
        return
    # For each label transformers makes a name, and language models have none.
    labels = read_json(LocalFolder(folder), "config.json").get("num_labels")
    if isinstance(labels, int) and labels > _MOST_LABELS:
        raise CheckpointError(
            f"Expected at most {_MOST_LABELS:,} for `num_labels` in config.json, got {labels:,}; remove that line."
        )
    with _refusals(f"the config of a {checkpoint.model_type} model in {folder}", "correct its config.json"):
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    _check_direction(checkpoint, config.get_text_config())


def load_pretrained(checkpoint: Checkpoint, folder: Path, dtype: torch.dtype, device_map: str | None) -> nn.Module:
    """The model in a folder or a GGUF file, ready for evaluation; runs no program that comes with it.

    Names that a wrapper left behind (`_orig_mod.`, `module.` and the like) are those of the model inside it.

    Raises:
        CheckpointError: transformers refuses the model, its config does not fit the weights, or it cannot run.
    """
    model, report = _load(checkpoint, folder, dtype, device_map, {})
    if report["missing_keys"] and (renamed := _renaming(checkpoint, model)):
        del model
        model, report = _load(checkpoint, folder, dtype, device_map, renamed)
    _check_report(checkpoint, model, folder, report)
    with _refusals(f"a {checkpoint.model_type} model in {folder} that runs", "give the config that belongs to it"):
        _run_once(model)
    return model


def load_tokenizer(checkpoint: Checkpoint, folder: Path) -> Any:
    """The tokenizer of a model, a PreTrainedTokenizerBase of transformers; runs no program that comes with it.

    Raises:
        CheckpointError: there is none that transformers opens.
    """
    from transformers import AutoTokenizer

    with _refusals(f"a tokenizer in {folder} that opens", tokenizer_advice(checkpoint.gguf_file)):
        files = pretrained_files(folder, checkpoint.gguf_file)
        tokenizer = AutoTokenizer.from_pretrained(**files, trust_remote_code=False, local_files_only=True)
        tokenizer("a", verbose=False)
    return tokenizer


def reason(error: BaseException) -> str:
    """What an error says, in one line that ends without a full stop; with its class where it says but a word.

    >>> reason(ValueError("No such file.\\nSee the manual.")), reason(KeyError("su")), reason(KeyError())
    ('No such file. See the manual', "KeyError: 'su'", 'KeyError')
    """
    text = " ".join(str(error).split()).rstrip(".:")
    if not text:
        return type(error).__name__
    if isinstance(error, KeyError) or " " not in text:
        text = f"{type(error).__name__}: {text}"
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}..."


@contextmanager
def _refusals(expected: str, advice: str) -> Iterator[None]:
    """Turn every error of the block into a CheckpointError, but for memory that is full."""
    try:
        yield
    except ExplorerError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise CheckpointError(
            f"Expected {expected}, got one that transformers refuses ({reason(error)}); {advice}."
        ) from error


def _load(
    checkpoint: Checkpoint, folder: Path, dtype: torch.dtype, device_map: str | None, renamed: dict[str, str]
) -> tuple[nn.Module, Mapping[str, Any]]:
    """The model, and the names of the weights that did not find their place: `missing_keys` and the like."""
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

    auto = AutoModelForCausalLM if checkpoint.family.objective is Objective.CONTINUE else AutoModelForMaskedLM
    advice = "copy or download the model again"
    if checkpoint.gguf_file is None:
        advice = f"correct its config.json or generation_config.json, or {advice}"
    with _refusals(f"a {checkpoint.model_type} model in {folder}", advice):
        model, report = auto.from_pretrained(
            **pretrained_files(folder, checkpoint.gguf_file),
            **weight_options(checkpoint.gguf_file),
            dtype=dtype,
            device_map=device_map,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
            key_mapping=renamed or None,
            ignore_mismatched_sizes=True,
        )
    _without_extras(model)
    return model.eval(), report


def _check_direction(checkpoint: Checkpoint, config: Any) -> None:
    """Accept a decoder whose tokens see those before them alone, and an encoder whose tokens see all."""
    continues = checkpoint.family.objective is Objective.CONTINUE
    causal = bool(getattr(config, "is_causal", continues))
    both_ways = bool(getattr(config, "use_bidirectional_attention", False))
    if causal is not continues or (continues and both_ways):
        line = "use_bidirectional_attention" if both_ways else "is_causal"
        order = "from left to right" if continues else "as a whole"
        raise CheckpointError(
            f"Expected a {checkpoint.model_type} model that reads a text {order}, as it is asked here, got one that "
            f"does not (`{line}` in its config.json); explore its layers, which needs no questions, or remove that "
            "line."
        )


def _without_extras(model: Any) -> None:
    """Ask for the scores alone. What else a config asks for costs memory, or fails beside the masks given here."""
    for config in (model.config, model.config.get_text_config()):
        for extra in ("output_attentions", "output_hidden_states", "output_router_logits", "is_encoder_decoder"):
            if getattr(config, extra, False):
                setattr(config, extra, False)


def _check_report(checkpoint: Checkpoint, model: nn.Module, folder: Path, report: Mapping[str, Any]) -> None:
    """Accept a model whose parts hold all that the files hold for them, and nothing else.

    transformers fills weights that are missing, or of another shape, with random numbers, and leaves those out for
    which the config has no place.
    """
    if mismatched := report["mismatched_keys"]:
        name, stored, expected = min(mismatched)
        raise CheckpointError(
            f"Expected `{name}` of shape {tuple(expected)} as config.json declares, got {tuple(stored)}; give the "
            "config that belongs to these weights."
        )
    if missing := report["missing_keys"]:
        raise CheckpointError(
            f"Expected the weight `{min(missing)}` in {folder}, got none; give a checkpoint that is complete, with its "
            "output layer, and the config that belongs to it."
        )
    blocks = checkpoint.family.blocks
    prefix = module_weight_names(model, checkpoint.family, checkpoint.sizes).prefix
    starts = (f"{prefix}{blocks}.", f"{blocks}.")
    # Of a layer, or the bias, say, of a part that the model has without one.
    lacking = {f"{part}.{kind}" for part, _ in model.named_modules() for kind in ("weight", "bias")}
    lacking -= {name for name, _ in model.named_parameters(remove_duplicate=False)}

    def belongs(name: str) -> bool:
        return not is_buffer(name) and (name.startswith(starts) or name in lacking)

    if left_out := list(filter(belongs, report["unexpected_keys"])):
        raise CheckpointError(
            f"Expected a config.json that has a place for every weight of the model, got none for `{min(left_out)}`; "
            "without it this is another model, so give the config that belongs to these weights."
        )


def _renaming(checkpoint: Checkpoint, model: nn.Module) -> dict[str, str]:
    """How the names in the files become those in the model, as patterns; empty where they agree already."""
    stored = checkpoint.weight_names.prefix
    expected = module_weight_names(model, checkpoint.family, checkpoint.sizes).prefix
    if stored == expected:
        return {}
    # A wrapper around the whole model stands before the prefix of its base model.
    if stored.endswith(f".{expected}"):
        stored, expected = stored.removesuffix(expected), ""
    return {f"^{re.escape(stored)}": expected} if stored else {}


@torch.no_grad()
def _run_once(model: Any) -> None:
    """Read one token: some configs build a model that fails only when it runs."""
    model(input_ids=torch.zeros((1, 1), dtype=torch.long, device=model.device))
