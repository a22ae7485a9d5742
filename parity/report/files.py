"""A report on disk: one document, and what is drawn from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from engine.store.aside import write_text_aside
from parity.report import junit, markdown, page
from parity.report.document import dump

RENDERERS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "report.json": dump,
    "parity.md": markdown.render,
    "parity.html": page.render,
    "junit.xml": junit.render,
}


def write_report(document: dict[str, Any], directory: Path) -> list[Path]:
    """Write every rendering into a directory, each in one step; other files stay."""
    texts = {name: render(document) for name, render in RENDERERS.items()}
    for name, text in texts.items():
        write_text_aside(directory / name, text)
    return [directory / name for name in texts]
