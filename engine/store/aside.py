"""Write aside, then rename: a killed run leaves the old content or the new, never half of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def folder_aside(target: Path) -> Iterator[Path]:
    """Give an empty folder beside ``target``; on success it takes target's place, else it goes."""
    aside = target.with_name(f".{target.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    shutil.rmtree(target, ignore_errors=True)
    aside.replace(target)


def write_text_aside(target: Path, text: str) -> None:
    """Replace a text file in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.partial")
    aside.write_text(text, encoding="utf-8")
    aside.replace(target)
