"""The screens' tests leave the user's own cache alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pages.shared.cache import layer_store


@pytest.fixture(autouse=True, scope="module")
def _own_cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        layer_store.clear()
        yield
    layer_store.clear()
