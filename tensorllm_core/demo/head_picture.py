r"""One head of a bundled model and its singular value decomposition, for the picture on the front door.

`W = sum_k s_k u_k v_k^T`, the directions in falling order of `s_k`. The picture must stand before any library is
loaded, so it is computed here once and kept as a small file.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention

__all__ = ["HEAD_PICTURE", "HeadPicture", "head_picture", "write_head_picture"]

HEAD_PICTURE = Path(__file__).resolve().parents[2] / "assets" / "front-door" / "head.json"
_MODEL, _LAYER, _PART, _HEAD = "demo-decoder", 1, "Q", 0


@dataclass(frozen=True)
class HeadPicture:
    """The decomposition of one projection of one head.

    Rows (of the model width) and columns (of the head width) are sorted by the first direction, so that the picture of
    one direction is smooth. That changes no singular value.

    Attributes:
        values: the singular values, falling.
        left: the left singular vectors, `d_model x k` little-endian float32 in base64.
        right: the right ones, `d_head x k`.
    """

    model: str
    layer: int
    part: str
    head: int
    rows: int
    columns: int
    values: tuple[float, ...]
    left: str
    right: str

    def matrix(self) -> np.ndarray:
        """The weights, `d_model x d_head`, from all directions."""
        left, right = (_array(text, len(self.values)) for text in (self.left, self.right))
        return (left * np.array(self.values)) @ right.T


def head_picture() -> HeadPicture:
    """Decompose the head."""
    tensor = tensorise(read_attention(open_checkpoint(_MODEL), _LAYER))
    weights = tensor.data[:, :, tensor.parts.index(_PART), _HEAD].double().numpy()
    left, values, right = np.linalg.svd(weights, full_matrices=False)
    # The sign of a pair of singular vectors is free.
    left, right = left * np.sign(left.sum(axis=0)), right.T * np.sign(left.sum(axis=0))
    left, right = left[np.argsort(left[:, 0])], right[np.argsort(right[:, 0])]
    rows, columns = weights.shape
    return HeadPicture(
        _MODEL, _LAYER, _PART, _HEAD, rows, columns, tuple(map(float, values)), _text(left), _text(right)
    )


def write_head_picture(path: Path = HEAD_PICTURE) -> None:
    """Write the file that the front door reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(head_picture())) + "\n", encoding="utf-8")


def _text(array: np.ndarray) -> str:
    return base64.b64encode(array.astype("<f4").tobytes()).decode()


def _array(text: str, columns: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4").reshape(-1, columns)
