"""Whether the tokenizer of a checkpoint brings a chat template, read from its small files."""

from __future__ import annotations

import json

from tensorllm_core.errors import ExplorerError
from tensorllm_core.models.checkpoint import Checkpoint

__all__ = ["may_have_chat_template"]

_CONFIG = "tokenizer_config.json"
_FILES = ("chat_template.jinja", "chat_template.json")
_LARGEST = 2**24
"""Bytes; a larger file is no tokenizer's configuration."""


def may_have_chat_template(checkpoint: Checkpoint) -> bool:
    """False where the files show that there is none; True also where only the loaded tokenizer can tell."""
    try:
        names = checkpoint.storage.names()
        if _CONFIG not in names:
            return "tokenizer.json" not in names or any(name in names for name in _FILES)
        if any(name in names for name in _FILES):
            return True
        size = checkpoint.storage.size(_CONFIG)
        config = json.loads(bytes(checkpoint.storage.read(_CONFIG, 0, size))) if size <= _LARGEST else {}
    except (ExplorerError, ValueError, RecursionError):
        return True
    return isinstance(config, dict) and bool(config.get("chat_template"))
