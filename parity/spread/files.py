"""The page and its picture on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.store.aside import write_text_aside
from parity.spread import markdown, picture


def check_page(out: Path) -> None:
    """A page is a .md file, new or written by this command before; nothing else is replaced."""
    if out.suffix != ".md":
        raise InputError(f"--out {out}: name a Markdown file, for example {out.stem or 'page'}.md")
    if out.is_dir():
        raise InputError(f"--out {out} is a directory; name a file in it")
    if out.exists() and not out.read_text(encoding="utf-8", errors="replace").startswith(
        markdown.MARK
    ):
        raise InputError(f"--out {out} holds something else; name a new file")


def write_page(document: dict[str, Any], out: Path) -> list[Path]:
    """Write the page and, beside it, its picture; each in one step. Returns what was written."""
    check_page(out)
    drawing = picture.draw(document)
    image = out.with_suffix(".svg")
    if drawing:
        write_text_aside(image, drawing)
    write_text_aside(out, markdown.render(document, image.name if drawing else ""))
    return [out, image] if drawing else [out]
