"""Keep the states that enter a layer, batch by batch: in memory up to a bound, then on disk up to another bound.

States that find no room are not kept: they are computed again, and the results are the same.
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
"""Name of the one tensor in each file."""


@dataclass(frozen=True)
class _StateFile:
    """States on disk: their file, `LayerInput.returned`, and their bytes."""

    path: Path
    returned: int
    size: int


class PrefixStore:
    """States by group (one model and layer) and key (one batch). For use from several threads.

    Where memory and disk are full, new states push out those of other groups, never those of their own group. A pass
    asks for the batches of one group in the same order again and again: if the oldest left, it would never find one.

    Args:
        most_bytes: bytes of all states in memory.
        most_disk_bytes: bytes of all states on disk, in a temporary folder.

    >>> PrefixStore(most_bytes=0, most_disk_bytes=0).get("model 1", "anything") is None
    True
    """

    def __init__(self, most_bytes: int = 2**30, most_disk_bytes: int = 8 * 2**30) -> None:
        self._memory: dict[tuple[str, str], LayerInput] = {}
        self._disk: dict[tuple[str, str], _StateFile] = {}
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
        """Bytes of the states that are held on disk."""
        return sum(file.size for file in self._disk.values())

    def get(self, group: str, key: str) -> LayerInput | None:
        """The states that were put there, on the CPU; None if they are not kept."""
        with self._lock:
            if (group, key) in self._memory:
                return self._memory[group, key]
            file = self._disk.get((group, key))
            if file is None:
                return None
            # Imported here and below, so that a run that needs no disk does not wait for it.
            from safetensors.torch import load_file

            try:
                return LayerInput(load_file(file.path)[_NAME], file.returned)
            except OSError:
                self._forget((group, key))
                return None

    def put(self, group: str, key: str, entering: LayerInput) -> None:
        """Keep the states, on the CPU, if there is room."""
        states = entering.states.detach().cpu().contiguous()
        place = (group, key)
        with self._lock:
            if place in self._memory or place in self._disk:
                return
            self._make_room(group, states.nbytes)
            if self.bytes_in_memory + states.nbytes <= self._most_bytes:
                self._memory[place] = LayerInput(states, entering.returned)
            elif self.bytes_on_disk + states.nbytes <= self._most_disk_bytes:
                self._write(place, LayerInput(states, entering.returned))

    def clear(self) -> None:
        """Forget all states and remove the folder on disk."""
        with self._lock:
            self._memory.clear()
            self._disk.clear()
            self._remove_folder()

    def __del__(self) -> None:
        self._remove_folder()

    def _make_room(self, group: str, size: int) -> None:
        """Drop the states of other groups, oldest first, until `size` more bytes fit in memory, or else on disk."""
        for place in [place for place in self._memory if place[0] != group]:
            if self.bytes_in_memory + size <= self._most_bytes:
                return
            del self._memory[place]
        for place in [place for place in self._disk if place[0] != group]:
            if self.bytes_on_disk + size <= self._most_disk_bytes:
                return
            self._forget(place)

    def _write(self, place: tuple[str, str], entering: LayerInput) -> None:
        from safetensors.torch import save_file

        try:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="tensorllm-prefix-"))
            self._files += 1
            path = self._folder / f"{self._files}.safetensors"
            save_file({_NAME: entering.states}, path)
        except OSError:
            # Where the disk is full or forbidden, the states are computed again.
            return
        self._disk[place] = _StateFile(path, entering.returned, entering.states.nbytes)

    def _forget(self, place: tuple[str, str]) -> None:
        self._disk.pop(place).path.unlink(missing_ok=True)

    def _remove_folder(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
