"""The one place that keeps the bars, tables and remarks of transformers out of what this program prints."""

from __future__ import annotations

__all__ = ["quiet_transformers"]


def quiet_transformers() -> None:
    """Turn off the library's progress bars and everything that it logs below an error.

    What a person should know of a model comes from this program: missing weights are an error of ours, and progress is
    reported to whoever asked for the work.
    """
    # Imported here, because the import takes a second, and exploring a checkpoint needs no model.
    from transformers import modeling_gguf_pytorch_utils
    from transformers.utils import logging

    logging.disable_progress_bar()
    # Its reader of GGUF draws a bar that this switch does not reach.
    modeling_gguf_pytorch_utils.tqdm = logging.tqdm
    logging.set_verbosity_error()
