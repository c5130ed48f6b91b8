"""The models that come with the explorer."""

from __future__ import annotations

from pathlib import Path

from tensorllm_core.errors import ModelNotFoundError

__all__ = ["BUNDLED", "CLEAN", "bundled_folder"]

_MODELS = Path(__file__).resolve().parents[2] / "assets" / "models"

BUNDLED: dict[str, Path] = {
    name: _MODELS / name for name in ("demo-decoder", "demo-decoder-noisy", "demo-decoder-mislabelled", "demo-encoder")
}
"""The folder of each bundled model, by its name."""

CLEAN: dict[str, str] = {"demo-decoder-noisy": "demo-decoder", "demo-decoder-mislabelled": "demo-decoder"}
"""For each model that was damaged on purpose, the model before the damage: the best that an edit could restore."""


def bundled_folder(name: str) -> Path:
    """The folder of a bundled model.

    Raises:
        ModelNotFoundError: no bundled model has this name, or its folder is missing.

    >>> bundled_folder("demo-decoder").name
    'demo-decoder'
    """
    if name not in BUNDLED:
        names = ", ".join(f"`{known}`" for known in BUNDLED)
        raise ModelNotFoundError(
            f"Expected a bundled model ({names}), a folder, a .gguf file or a hub id like `owner/name`, got `{name}`; "
            "choose one of them."
        )
    folder = BUNDLED[name]
    if not folder.is_dir():
        raise ModelNotFoundError(
            f"Expected the bundled model `{name}` in {folder}, got no such folder; train it with `make demo-models`."
        )
    return folder
