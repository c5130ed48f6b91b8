"""What screen readers, and eyes that need contrast, stumble over: the serious and critical findings of axe-core."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

__all__ = ["findings"]

_AXE = Path(__file__).parent / "axe" / "axe.min.js"
_RUN = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).flatMap(
        ({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${html.slice(0, 120)} ${any[0]?.message ?? ""}`));
}"""


def findings(page: Page) -> list[str]:
    """One line for each serious or critical finding on the page as it stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.read_text(encoding="utf-8"))
    return page.evaluate(_RUN)
