"""Load a model where there is room for it; when the memory runs out on the way, give it back and say what would fit."""

from __future__ import annotations

from collections.abc import Callable

from tensorllm_core.errors import RequestError
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.devices import SPREAD, give_back_memory, is_out_of_memory, resolve_device
from tensorllm_core.models.fit import DTYPES, Option, bytes_text, check_fit
from tensorllm_core.models.opening import LoadedModel, load_model
from tensorllm_core.types import Progress

__all__ = ["load_where_it_fits"]


def load_where_it_fits(
    reference: str,
    device: str = "auto",
    dtype: str = "float32",
    progress: Progress = lambda share, message: True,
    load: Callable[..., LoadedModel] = load_model,
) -> LoadedModel:
    """The model on a device in a type of `DTYPES`.

    Raises:
        ExplorerError: as `load_model`.
        RequestError: the memory did not suffice, or the type is unknown; the sentence offers the next smaller option.
    """
    if dtype not in DTYPES:
        raise RequestError(f"Expected a type of {', '.join(DTYPES)}, got `{dtype}`; choose one of them.")
    try:
        return load(reference, device, DTYPES[dtype], progress)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    # Outside the handler, whose traceback holds on to what was loaded.
    give_back_memory()
    raise RequestError(_what_would_fit(reference, device, dtype))


def _what_would_fit(reference: str, device: str, dtype: str) -> str:
    fit = check_fit(open_checkpoint(reference))
    tried = _option_of(fit.options, device, dtype)
    smaller = fit.smaller_than(tried) if tried else fit.best
    needs = f" of {bytes_text(tried.needed)}" if tried else ""
    told = f"Expected memory{needs} for `{reference}` in {dtype} on {device}, got too little while it was loaded; "
    if smaller is None:
        return told + "explore its layers without loading it, or free some memory."
    return told + f"choose {smaller.dtype} on {smaller.device}, which needs {bytes_text(smaller.needed)}."


def _option_of(options: tuple[Option, ...], device: str, dtype: str) -> Option | None:
    chosen = resolve_device(device)
    if device == SPREAD:
        return next((option for option in options if (option.device, option.dtype) == (SPREAD, dtype)), None)
    name = f"cuda:{chosen.index or 0}" if chosen.type == "cuda" else chosen.type
    return next((option for option in options if (option.device, option.dtype) == (name, dtype)), None)
