"""Digests of files, taken once and kept as long as a file's size and time of change stay."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from engine.store.aside import write_text_aside
from engine.store.digest import file_digest


def digests_of(files: Sequence[Path]) -> dict[Path, str]:
    """The digest of each file, read only where it is new or was changed.

    What is known is kept in the user's cache (XDG_CACHE_HOME); a cache that cannot be read or
    written is no error, only slower.
    """
    place = _place()
    known = _read(place)
    found, fresh = {}, False
    for file in files:
        path = file.resolve()
        seen = path.stat()
        key, mark = str(path), [seen.st_size, seen.st_mtime_ns, seen.st_ino]
        entry = known.get(key)
        if entry is None or entry[:3] != mark:
            entry, fresh = [*mark, file_digest(path)], True
            known[key] = entry
        found[file] = str(entry[3])
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
