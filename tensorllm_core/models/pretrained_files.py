"""What transformers is asked to load a model from: a folder, or one GGUF file."""

from __future__ import annotations

from pathlib import Path

__all__ = ["pretrained_files", "tokenizer_advice", "weight_options"]

_FOLDER_WITHOUT_A_MODEL = Path(__file__).parent
"""Beside a GGUF file transformers would also read config and tokenizer files, which may be those of another model."""


def pretrained_files(place: Path, gguf_file: str | None) -> dict[str, object]:
    """The arguments of `from_pretrained` that say where the files are.

    `place` is the folder of the model, or the path of the GGUF file where there is a `gguf_file`.
    """
    if gguf_file is None:
        return {"pretrained_model_name_or_path": place}
    # The whole path: a mere name would also be found in the working folder.
    return {"pretrained_model_name_or_path": _FOLDER_WITHOUT_A_MODEL, "gguf_file": str(place.absolute())}


def weight_options(gguf_file: str | None) -> dict[str, object]:
    """Further arguments for the weights: those of a GGUF file become plain numbers of the model's type."""
    if gguf_file is None:
        return {}
    # Imported here, because these imports take a third of a second and more, and most models are not GGUF.
    from transformers import GgufConfig

    from tensorllm_core.models.gguf_reader import use_fast_reader

    use_fast_reader()
    return {"quantization_config": GgufConfig(dequantize=True)}


def tokenizer_advice(gguf_file: str | None) -> str:
    """What to do where the tokenizer does not open, for messages."""
    if gguf_file is None:
        return "copy or download tokenizer.json and its config again"
    return "choose a GGUF file of this model that holds its tokenizer in a form that transformers reads"
