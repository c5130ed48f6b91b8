"""The models that are loaded: shared by all visitors, few at a time, and unloaded when somebody says so."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from tensorllm_core.models.devices import release_memory
from tensorllm_core.models.loaded_model import LoadedModel

__all__ = ["Held", "ModelKey", "Shelf"]


@dataclass(frozen=True)
class ModelKey:
    """What tells loaded models apart: another revision, device or type is another model."""

    reference: str
    revision: str
    device: str
    dtype: str


@dataclass(frozen=True)
class Held:
    """A loaded model and the bytes of its weights."""

    key: ModelKey
    nbytes: int


class Shelf:
    """Holds the latest models; the oldest leaves when there are too many. Who still runs one keeps it until the end."""

    def __init__(self, most: int = 4) -> None:
        self._models: OrderedDict[ModelKey, LoadedModel] = OrderedDict()
        self._busy: dict[ModelKey, threading.Lock] = {}
        self._lock = threading.Lock()
        self._most = most

    def get(self, key: ModelKey, load: Callable[[], LoadedModel]) -> LoadedModel:
        """The model of that key, loaded if it is not held; two who ask at once wait for one loading."""
        with self._lock:
            busy = self._busy.setdefault(key, threading.Lock())
        with busy:
            with self._lock:
                if key in self._models:
                    self._models.move_to_end(key)
                    return self._models[key]
                # Before the loading, so that there is room for it.
                while len(self._models) >= self._most:
                    self._models.popitem(last=False)
            release_memory()
            loaded = load()
            with self._lock:
                self._models[key] = loaded
            return loaded

    def holds(self, key: ModelKey) -> bool:
        """Whether the model is loaded."""
        with self._lock:
            return key in self._models

    def held(self) -> tuple[Held, ...]:
        """What is loaded, the latest used last."""
        with self._lock:
            return tuple(Held(key, _nbytes(loaded)) for key, loaded in self._models.items())

    def unload(self, key: ModelKey) -> None:
        """Let a model go; its memory is free again once no evaluation runs on it."""
        with self._lock:
            self._models.pop(key, None)
        release_memory()


def _nbytes(loaded: LoadedModel) -> int:
    return sum(parameter.nbytes for parameter in loaded.model.parameters())
