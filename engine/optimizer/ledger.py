"""What is done of a search, on disk: a killed search goes on where it was.

``search.json`` says what is searched, ``parts/`` has the rows that are done, each part written
aside and renamed, so that none is ever half a part.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from engine.errors import SearchError
from engine.store.aside import file_aside, write_text_aside
from engine.store.digest import json_digest

HEAD: Final = "search.json"
PARTS: Final = "parts"
# A part is written when it has so many rows or is so many seconds old.
ROWS, SECONDS = 5_000, 2.0


class Ledger:
    """The rows of one search in a folder.

    ``told`` identifies the search. A folder that holds one is only gone on with if ``resume`` is
    set and the search is the same; raises SearchError, and says what differs, otherwise.
    """

    def __init__(self, folder: Path, told: Mapping[str, Any], *, resume: bool) -> None:
        self.folder = folder
        self._rows: list[pl.DataFrame] = []
        self._since = time.monotonic()
        head = folder / HEAD
        if folder.exists() and not folder.is_dir():
            raise SearchError(f"{folder} is a file; name a folder for the search")
        if head.is_file():
            _check_same(head, told, resume=resume)
        else:
            _check_empty(folder)
            told_digest = {**told, "digest": json_digest(told)}
            write_text_aside(head, json.dumps(told_digest, indent=1, sort_keys=True))
        (folder / PARTS).mkdir(parents=True, exist_ok=True)

    def done(self) -> list[pl.DataFrame]:
        """All rows of earlier runs, by part."""
        return [pl.read_parquet(part) for part in self._parts()]

    def add(self, rows: pl.DataFrame) -> None:
        """Keep rows; they are on disk within seconds, and after ``flush``."""
        self._rows.append(rows)
        waiting = sum(part.height for part in self._rows)
        if waiting >= ROWS or time.monotonic() - self._since > SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what waits as one part."""
        if self._rows:
            target = self.folder / PARTS / f"{len(self._parts()):06}.parquet"
            with file_aside(target) as aside:
                pl.concat(self._rows).write_parquet(aside)
            self._rows = []
        self._since = time.monotonic()

    def _parts(self) -> list[Path]:
        return sorted((self.folder / PARTS).glob("[0-9]*.parquet"))


def _check_empty(folder: Path) -> None:
    """Nothing of the user's is written over."""
    others = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if others:
        raise SearchError(f"{folder} holds other files ({others[0]}); name a new folder")


def _check_same(head: Path, told: Mapping[str, Any], *, resume: bool) -> None:
    try:
        known = json.loads(head.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SearchError(f"{head} is no record of a search: {error}") from error
    if not resume:
        raise SearchError(
            f"{head.parent} holds a search already; go on with it (--resume, resume=True) or "
            "choose another folder"
        )
    for name in told:
        if json_digest(known.get(name)) != json_digest(told[name]):
            raise SearchError(
                f"{head.parent} holds another search: its {name} is {known.get(name)}, not "
                f"{told[name]}; choose another folder"
            )


__all__ = ["Ledger"]
