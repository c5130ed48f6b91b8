"""Rows that hold several continuations of one text: the positions and the mask that let a model read each by itself."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tensorllm_core.models.families import FAMILIES
from tensorllm_core.models.family import Family, Windows

__all__ = ["branch_inputs", "takes_branches"]

_EVERYTHING, _WINDOW = "full_attention", "sliding_attention"
"""Kinds of layers that a config may name; the mask of each is known."""
_ATTENTION = {"eager", "sdpa"}
"""Ways of transformers to compute attention that take any mask."""


def takes_branches(model: nn.Module, family: Family) -> bool:
    """Whether the model reads such rows exactly as it reads each continuation in a row of its own."""
    config: Any = model.config
    return (
        family.branches
        # A bias by distance (ALiBi) is computed from a mask of zeros and ones.
        and not getattr(config, "alibi", False)
        # A model that also takes pictures makes masks of its own.
        and getattr(config, "text_config", None) is None
        and config._attn_implementation in _ATTENTION
        and _window_is_known(config)
    )


def branch_inputs(
    model: nn.Module, depths: Int[Tensor, "row position"], ends: Int[Tensor, "row position"]
) -> dict[str, Any]:
    """What the model needs besides the tokens, by the names of its arguments.

    Args:
        depths: how many tokens each token follows.
        ends: the place in the row before which all that follows a token stands; the token's own end for padding.
    """
    config: Any = model.config
    dtype = next(model.parameters()).dtype
    places = torch.arange(depths.shape[1], device=depths.device)
    # 1. A token sees itself and those that it follows.
    sees = (places[None, None, :] <= places[None, :, None]) & (places[None, :, None] < ends[:, None, :])
    inputs: dict[str, Any] = {"position_ids": depths, "use_cache": False}
    # 2. Where a window is shorter than the longest branch, layers with a window see less.
    windows, window = _windows(config), _window(config)
    if window is None or int(depths.max()) < window:
        return inputs | {"attention_mask": _additive(sees, dtype)}
    near = sees & (depths[:, :, None] - depths[:, None, :] < window)
    if windows is Windows.EVERY_LAYER:
        return inputs | {"attention_mask": _additive(near, dtype)}
    masks = {_EVERYTHING: _additive(sees, dtype), _WINDOW: _additive(near, dtype)}
    return inputs | {"attention_mask": masks}


def _windows(config: Any) -> Windows | None:
    """Which layers have a window, by the model as it is loaded; None if nobody has described it.

    transformers may load another type than config.json names: Mistral with `layer_types` as Ministral.
    """
    family = FAMILIES.get(config.model_type)
    return family.windows if family else None


def _window(config: Any) -> int | None:
    """The length of the window, where any layer has one."""
    windows = _windows(config)
    if windows is Windows.NONE or (windows is Windows.BY_LAYER and _WINDOW not in config.layer_types):
        return None
    return config.sliding_window


def _window_is_known(config: Any) -> bool:
    windows = _windows(config)
    if windows is None or (windows is Windows.BY_LAYER and not set(config.layer_types) <= {_EVERYTHING, _WINDOW}):
        return False
    window = _window(config)
    return window is None or (isinstance(window, int) and not isinstance(window, bool) and window > 0)


def _additive(sees: Bool[Tensor, "row position seen"], dtype: torch.dtype) -> Float[Tensor, "row 1 position seen"]:
    """Zero where a token sees another; the lowest number of that type, which is added to the score, elsewhere."""
    mask = torch.zeros(sees.shape, dtype=dtype, device=sees.device)
    return mask.masked_fill_(~sees, torch.finfo(dtype).min)[:, None]
