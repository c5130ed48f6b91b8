"""The loaded models: a few at a time, shared by all visitors, unloaded on request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tensorllm_core.models.devices import release_memory
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.runs.plan import ModelPlan
from tensorllm_core.storage.cache import BoundedCache

__all__ = ["LoadedModels", "ModelInMemory"]


@dataclass(frozen=True)
class ModelInMemory:
    """A loaded model and the bytes of its weights."""

    plan: ModelPlan
    nbytes: int


class LoadedModels:
    """The models that were used last, at most `most` of them. A running evaluation keeps its model until its end."""

    def __init__(self, most: int = 4) -> None:
        self._models: BoundedCache[ModelPlan, LoadedModel] = BoundedCache(most)

    def get(self, plan: ModelPlan, load: Callable[[], LoadedModel]) -> LoadedModel:
        """The model of this plan, loaded if it is not in memory. Threads that ask at once wait for one loading."""

        def load_into_room() -> LoadedModel:
            # The oldest model is dropped before the loading, not after it: the memory may not hold one more.
            self._models.make_room()
            release_memory()
            return load()

        return self._models.get_or_compute(plan, load_into_room)

    def holds(self, plan: ModelPlan) -> bool:
        """Whether the model is loaded."""
        return plan in self._models

    def in_memory(self) -> tuple[ModelInMemory, ...]:
        """The loaded models, in the order of their last use."""
        return tuple(ModelInMemory(plan, _nbytes(loaded)) for plan, loaded in self._models.items())

    def unload(self, plan: ModelPlan) -> None:
        """Unload a model. Its memory is free again when no evaluation uses it any more."""
        self._models.forget(plan)
        release_memory()


def _nbytes(loaded: LoadedModel) -> int:
    return sum(parameter.nbytes for parameter in loaded.model.parameters())
