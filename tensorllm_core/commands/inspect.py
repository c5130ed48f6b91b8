"""`inspect`: what a checkpoint holds, without loading it."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Callable

from tensorllm_core.commands.options import Parser
from tensorllm_core.commands.output import print_notices, show
from tensorllm_core.models.checkpoint import Checkpoint, open_checkpoint

__all__ = ["add_inspect", "describe"]


def add_inspect(add_command: Callable[..., Parser]) -> None:
    """Register the command and its options."""
    parser = add_command("inspect", help="what a checkpoint holds, without loading it")
    parser.add_argument("--model", required=True, help="a bundled name, a folder, a GGUF file or a hub id")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run)


def describe(checkpoint: Checkpoint) -> dict[str, object]:
    """The JSON object that `inspect --json` promises; counts in parameters, sizes in bytes, shares of 1."""
    tensors = checkpoint.tensors.values()
    return {
        "model": checkpoint.reference,
        "family": checkpoint.family.name,
        "model_type": checkpoint.model_type,
        "revision": checkpoint.revision,
        "commit": checkpoint.commit,
        "layers": checkpoint.layers,
        "layers_without_attention": list(checkpoint.other_layers),
        "layers_with_weights_of_their_own": checkpoint.sizes.blocks,
        "heads": checkpoint.heads,
        "groups": checkpoint.groups,
        "d_model": checkpoint.d_model,
        "d_head": checkpoint.d_head,
        "parameters": checkpoint.parameters,
        "parameters_by_kind": checkpoint.parameters_by_kind(),
        "tensors": {
            "count": len(tensors),
            "dtypes": dict(Counter(entry.dtype for entry in tensors)),
            "bytes": sum(entry.size for entry in tensors),
        },
        "quantisation": checkpoint.quantisation,
    }


def _run(options: Namespace) -> None:
    checkpoint = open_checkpoint(options.model)
    print_notices(checkpoint.notices)
    show(describe(checkpoint), as_json=options.json)
