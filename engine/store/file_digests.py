"""Digests of files, taken once and kept as long as a file's size and time of change stay."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from engine.store.aside import write_text_aside
from engine.store.digest import file_digest

Mark = tuple[int, int, int]


def digests_of(files: Sequence[Path]) -> dict[Path, str]:
    """The digest of each file on disk, read only where it is new or was changed."""
    paths = {file: file.resolve() for file in files}
    marks = {str(path): mark_of(path.stat()) for path in paths.values()}
    found = known_digests(marks, lambda name: file_digest(Path(name)))
    return {file: found[str(path)] for file, path in paths.items()}


def mark_of(seen: os.stat_result) -> Mark:
    """What changes with a file's content: its size, its time of change and its inode."""
    return seen.st_size, seen.st_mtime_ns, seen.st_ino


def known_digests(marks: Mapping[str, Sequence[int]], read: Callable[[str], str]) -> dict[str, str]:
    """A digest by name; ``read`` takes those whose mark is not the one that is known.

    A mark is three numbers that change with the content. What is known is kept in the user's cache
    (XDG_CACHE_HOME); a cache that cannot be read or written is no error, only slower.
    """
    place = _place()
    known = _read(place)
    found, fresh = {}, False
    for name, mark in marks.items():
        entry = known.get(name)
        if entry is None or entry[:3] != list(mark):
            entry, fresh = [*mark, read(name)], True
            known[name] = entry
        found[name] = str(entry[3])
    if fresh:
        _write(place, known)
    return found


def _place() -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "truefill" / "file_digests.json"


def _read(place: Path) -> dict[str, list[int | str]]:
    try:
        known = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(place: Path, known: dict[str, list[int | str]]) -> None:
    try:
        write_text_aside(place, json.dumps(known))
    except OSError:
        return
