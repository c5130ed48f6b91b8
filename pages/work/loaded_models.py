"""The models that are loaded: shared by all visitors, few at a time, and unloaded when somebody says so."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from tensorllm_core.models.devices import give_back_memory
from tensorllm_core.models.opening import LoadedModel
from tensorllm_core.runs.plan import ModelPlan

__all__ = ["Held", "Shelf"]


@dataclass(frozen=True)
class Held:
    """A loaded model and the bytes of its weights."""

    key: ModelPlan
    nbytes: int


class Shelf:
    """Holds the latest models; the oldest leaves when there are too many. Who still runs one keeps it until the end."""

    def __init__(self, most: int = 4) -> None:
        self._models: OrderedDict[ModelPlan, LoadedModel] = OrderedDict()
        self._busy: dict[ModelPlan, threading.Lock] = {}
        self._lock = threading.Lock()
        self._most = most

    def get(self, key: ModelPlan, load: Callable[[], LoadedModel]) -> LoadedModel:
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
            give_back_memory()
            loaded = load()
            with self._lock:
                self._models[key] = loaded
            return loaded

    def holds(self, key: ModelPlan) -> bool:
        """Whether the model is loaded."""
        with self._lock:
            return key in self._models

    def held(self) -> tuple[Held, ...]:
        """What is loaded, the latest used last."""
        with self._lock:
            return tuple(Held(key, _nbytes(loaded)) for key, loaded in self._models.items())

    def unload(self, key: ModelPlan) -> None:
        """Let a model go; its memory is free again once no evaluation runs on it."""
        with self._lock:
            self._models.pop(key, None)
        give_back_memory()


def _nbytes(loaded: LoadedModel) -> int:
    return sum(parameter.nbytes for parameter in loaded.model.parameters())
