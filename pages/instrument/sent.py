"""Which data the browser of a tab holds, so that no data travel twice when a visitor goes from screen to screen.

The store in the browser (`scripts/main.js`) keeps data up to a number of bytes and drops the oldest for new ones. The
same rule stands here. What the browser misses all the same, it asks for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["MOST_BYTES", "Sent"]

MOST_BYTES = 96 * 2**20
"""Bytes of all data that stay in the browser, beside the newest."""


@dataclass(frozen=True)
class _Item:
    key: str
    size: int
    is_settled: bool = False


@dataclass(frozen=True)
class Sent:
    """What was sent to a tab, the oldest first.

    On the screen that sends them, data are sent in every run: the server then sends a short reference, and whatever
    Streamlit drops of a run is made good by the next. On another screen they are settled: they are in the browser.
    """

    screen: str = ""
    items: tuple[_Item, ...] = ()

    def on(self, screen: str) -> Sent:
        """The same for a screen that draws now.

        >>> sent = Sent().on("decompose").after("layer 1", 100)
        >>> sent.on("decompose").needs("layer 1"), sent.on("heads").needs("layer 1")
        (True, False)
        """
        if screen == self.screen:
            return self
        return Sent(screen, tuple(replace(item, is_settled=True) for item in self.items))

    def needs(self, key: str) -> bool:
        """Whether the data of this key have to be sent."""
        return not any(item.key == key and item.is_settled for item in self.items)

    def after(self, key: str, size: int) -> Sent:
        """The same after data of that many bytes were sent; the oldest are dropped where they are too many.

        >>> [item.key for item in Sent().after("a", MOST_BYTES).after("b", 1).after("b", 1).items]
        ['b']
        """
        if any(item.key == key for item in self.items):
            return self
        items = [*self.items, _Item(key, size)]
        while len(items) > 1 and sum(item.size for item in items) > MOST_BYTES:
            items.pop(0)
        return Sent(self.screen, tuple(items))

    def without(self, key: str) -> Sent:
        """The same after the browser said that it misses these data."""
        return Sent(self.screen, tuple(item for item in self.items if item.key != key))
