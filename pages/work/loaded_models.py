"""The models that are loaded: shared by all visitors, few at a time, and unloaded when somebody says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tensorllm_core.models.devices import release_memory
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.runs.plan import ModelPlan
from tensorllm_core.storage.cache import BoundedCache

__all__ = ["Held", "LoadedModels"]


@dataclass(frozen=True)
class Held:
    """A loaded model and the bytes of its weights."""

    key: ModelPlan
    nbytes: int


class LoadedModels:
    """The latest used models, at most `most` of them. An evaluation that runs keeps its model, even when it leaves."""

    def __init__(self, most: int = 4) -> None:
        self._models: BoundedCache[ModelPlan, LoadedModel] = BoundedCache(most)

    def get(self, key: ModelPlan, load: Callable[[], LoadedModel]) -> LoadedModel:
        """The model of that key, loaded if it is not there; those who ask at once wait for one loading."""

        def load_into_room() -> LoadedModel:
            # The oldest leaves before the loading, not after it: the memory may not suffice for one more.
            self._models.make_room()
            release_memory()
            return load()

        return self._models.get_or_compute(key, load_into_room)

    def holds(self, key: ModelPlan) -> bool:
        """Whether the model is loaded."""
        return key in self._models

    def held(self) -> tuple[Held, ...]:
        """The loaded models, the latest used last."""
        return tuple(Held(key, _nbytes(loaded)) for key, loaded in self._models.items())

    def unload(self, key: ModelPlan) -> None:
        """Let a model go; its memory is free again once no evaluation runs on it."""
        self._models.forget(key)
        release_memory()


def _nbytes(loaded: LoadedModel) -> int:
    return sum(parameter.nbytes for parameter in loaded.model.parameters())
