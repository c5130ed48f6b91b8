"""Several layers in one text."""

from __future__ import annotations

import pytest

from tensorllm_core.errors import LayerError, RequestError
from tensorllm_core.models.layers import parse_layers


def test_layers_are_named_alone_in_lists_in_ranges_or_all():
    assert parse_layers("all", 3) == (0, 1, 2)
    assert parse_layers("2, 0-1,1", 4) == (0, 1, 2)
    with pytest.raises(LayerError):
        parse_layers("0-7", 4)
    for text in ("", "0,", "1-", "a", "0..2"):
        with pytest.raises(RequestError):
            parse_layers(text, 4)
