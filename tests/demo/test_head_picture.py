"""The file behind the picture on the front door is what the bundled model holds."""

from __future__ import annotations

import json

import numpy as np
import torch

from tensorllm_core.demo.head_picture import HEAD_PICTURE, HeadPicture, write_head_picture
from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention


def read(path) -> HeadPicture:
    fields = json.loads(path.read_text(encoding="utf-8"))
    return HeadPicture(**fields | {"values": tuple(fields["values"])})


def weights_of(picture: HeadPicture) -> torch.Tensor:
    tensor = tensorise(read_attention(open_checkpoint(picture.model), picture.layer))
    return tensor.data[:, :, tensor.parts.index(picture.part), picture.head]


def test_all_directions_together_are_the_weights_with_rows_and_columns_in_another_order():
    picture = read(HEAD_PICTURE)
    weights, shown = weights_of(picture).numpy(), picture.matrix()
    assert shown.shape == (picture.rows, picture.columns) == weights.shape
    # An order of rows and columns leaves the sorted sums of squares of both.
    for axis in (0, 1):
        np.testing.assert_allclose(
            np.sort((shown**2).sum(axis=axis)), np.sort((weights**2).sum(axis=axis)), rtol=1e-4, atol=1e-7
        )
    np.testing.assert_allclose(np.sort(shown, axis=None), np.sort(weights, axis=None), atol=1e-6)


def test_the_values_are_the_singular_values_and_six_of_them_are_all():
    picture = read(HEAD_PICTURE)
    values = torch.linalg.svdvals(weights_of(picture).double())
    torch.testing.assert_close(torch.tensor(picture.values, dtype=torch.float64), values, atol=1e-6, rtol=1e-6)
    assert float(values[6:].norm() / values.norm()) < 5e-4
    assert float(values[5:].norm() / values.norm()) > 0.05


def test_the_file_is_written_anew_as_it_is(tmp_path):
    write_head_picture(tmp_path / "assets" / "head.json")
    np.testing.assert_allclose(read(tmp_path / "assets" / "head.json").matrix(), read(HEAD_PICTURE).matrix(), atol=1e-6)
