"""Frames that were computed once, found again by what they were computed from.

An entry's name is a digest of its whole key, so nothing is ever stale: other data, another
universe, another frequency or other code is another entry. Entries appear whole or not at all, and
any number of processes may use one cache: at worst two compute the same entry and one of the two
equal files stays.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from engine.store.aside import file_aside
from engine.store.digest import json_digest


class Cache:
    """A folder of Parquet files by content; the user's own (XDG_CACHE_HOME) if none is named."""

    def __init__(self, folder: Path | None = None) -> None:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        self.folder = folder or home / "truefill" / "frames"

    def place(self, kind: str, key: Mapping[str, Any]) -> Path:
        """Where an entry is, or would be."""
        digest = json_digest({"kind": kind, **key})
        return self.folder / kind / digest[:2] / f"{digest}.parquet"

    def frame(
        self, kind: str, key: Mapping[str, Any], make: Callable[[], pl.DataFrame]
    ) -> pl.DataFrame:
        """The entry of a key; made, and kept, if it is not there.

        A file that cannot be read is made anew; a folder that cannot be written only costs time.
        """
        place = self.place(kind, key)
        try:
            return pl.read_parquet(place, memory_map=False)
        except (OSError, pl.exceptions.PolarsError):
            made = make()
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with file_aside(place) as aside:
                made.write_parquet(aside)
        except OSError:
            pass
        return made


__all__ = ["Cache"]
