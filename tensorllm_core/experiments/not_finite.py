"""The sentence on scores from which nothing can be counted."""

from __future__ import annotations

from tensorllm_core.errors import CheckpointError, ExplorerError, RequestError
from tensorllm_core.models.loaded_model import LoadedModel

__all__ = ["not_finite"]


def not_finite(loaded: LoadedModel, edit: str | None, benchmark: str, what: str) -> ExplorerError:
    """The error for scores that are no finite numbers: a weight is none, or a type is too narrow for what comes out.

    Args:
        edit: the name of the edit; None for the model as it is.
        what: what came instead.
    """
    reference = loaded.checkpoint.reference
    dtype = str(next(loaded.model.parameters()).dtype).removeprefix("torch.")
    wider = "" if dtype == "float32" else "load the model in float32, or "
    if edit is not None:
        return RequestError(
            f"Expected finite scores on `{benchmark}` from `{reference}` in {dtype} with the edit `{edit}`, got "
            f"{what}; {wider}choose other ranks or layers."
        )
    return CheckpointError(
        f"Expected finite scores on `{benchmark}` from the original `{reference}` in {dtype}, got {what}; {wider}give "
        "another checkpoint."
    )
