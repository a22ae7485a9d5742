"""Write aside, then rename: a killed run leaves the old content or the new, never half of it."""

from __future__ import annotations

import os
import shutil
import uuid
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


def write_bytes_aside(target: Path, content: bytes) -> None:
    """Replace a file in one step; two processes may do so at once, the later one wins."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with file_aside(target) as aside:
        aside.write_bytes(content)


@contextmanager
def file_aside(target: Path) -> Iterator[Path]:
    """Give a name beside ``target`` that nobody else has; what is written there takes its place."""
    aside = target.with_name(f".{target.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.partial")
    try:
        yield aside
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
