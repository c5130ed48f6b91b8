"""Keep what enters a layer, batch by batch: in memory up to a bound, then on disk up to another, then not at all.

What is not kept is computed again; nothing else changes.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from tensorllm_core.models.prefix import LayerInput

__all__ = ["PrefixStore"]

_NAME = "states"


@dataclass(frozen=True)
class _Spilled:
    path: Path
    returned: int
    size: int


class PrefixStore:
    """States by group (one model and layer) and key. For use from several threads.

    What is put when both are full pushes out other groups' states, never its own group's: a pass that comes round
    again and again would otherwise always miss.

    >>> PrefixStore(most_bytes=0, most_disk_bytes=0).get("model 1", "anything") is None
    True
    """

    def __init__(self, most_bytes: int = 2**30, most_disk_bytes: int = 8 * 2**30) -> None:
        self._memory: dict[tuple[str, str], LayerInput] = {}
        self._disk: dict[tuple[str, str], _Spilled] = {}
        self._most_bytes, self._most_disk_bytes = most_bytes, most_disk_bytes
        self._folder: Path | None = None
        self._files = 0
        self._lock = threading.Lock()

    @property
    def bytes_in_memory(self) -> int:
        """Bytes of the states that are held in memory."""
        return sum(entering.states.nbytes for entering in self._memory.values())

    @property
    def bytes_on_disk(self) -> int:
        """Bytes of the states that were spilled."""
        return sum(spilled.size for spilled in self._disk.values())

    def get(self, group: str, key: str) -> LayerInput | None:
        """What was put there, if it is still kept."""
        with self._lock:
            if (group, key) in self._memory:
                return self._memory[group, key]
            spilled = self._disk.get((group, key))
            if spilled is None:
                return None
            # Imported here and below, so that a start that spills nothing does not wait for it.
            from safetensors.torch import load_file

            try:
                return LayerInput(load_file(spilled.path)[_NAME], spilled.returned)
            except OSError:
                self._forget((group, key))
                return None

    def put(self, group: str, key: str, entering: LayerInput) -> None:
        """Keep the states, on the CPU, as far as there is room."""
        states = entering.states.detach().cpu().contiguous()
        place = (group, key)
        with self._lock:
            if place in self._memory or place in self._disk:
                return
            self._make_room(group, states.nbytes)
            if self.bytes_in_memory + states.nbytes <= self._most_bytes:
                self._memory[place] = LayerInput(states, entering.returned)
            elif self.bytes_on_disk + states.nbytes <= self._most_disk_bytes:
                self._spill(place, LayerInput(states, entering.returned))

    def clear(self) -> None:
        """Forget everything and give the disk's room back."""
        with self._lock:
            self._memory.clear()
            self._disk.clear()
            self._remove_folder()

    def __del__(self) -> None:
        self._remove_folder()

    def _make_room(self, group: str, size: int) -> None:
        """Drop the states of other groups, oldest first, until those of this group fit in memory."""
        for place in [place for place in self._memory if place[0] != group]:
            if self.bytes_in_memory + size <= self._most_bytes:
                return
            del self._memory[place]
        for place in [place for place in self._disk if place[0] != group]:
            if self.bytes_on_disk + size <= self._most_disk_bytes:
                return
            self._forget(place)

    def _spill(self, place: tuple[str, str], entering: LayerInput) -> None:
        from safetensors.torch import save_file

        try:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="tensorllm-prefix-"))
            self._files += 1
            path = self._folder / f"{self._files}.safetensors"
            save_file({_NAME: entering.states}, path)
        except OSError:
            # A full or forbidden disk costs time, not the result.
            return
        self._disk[place] = _Spilled(path, entering.returned, entering.states.nbytes)

    def _forget(self, place: tuple[str, str]) -> None:
        self._disk.pop(place).path.unlink(missing_ok=True)

    def _remove_folder(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
