"""One batch to do, and what is found in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from engine.store.digest import json_digest
from parity.replicate.layout import Batch
from parity.replicate.settings import Settings
from parity.replicate.store import Place

ENTRY: Final = "batch.json"
STRATEGIES, COMPARED, DIFFERING = "strategies.parquet", "metrics.parquet", "differing.parquet"
# Raised whenever the content of a batch's folder changes its form.
FORMAT: Final = 1

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """A batch to do, and what it is decided by besides its own files.

    ``basis`` digests settings, bars and the sources of the model. ``whole`` also writes our own
    trades, metrics and daily returns in the layout of the tree; ``shown`` is of how many differing
    strategies both ledgers are kept, ``explain`` how many of them are diagnosed.
    """

    place: Place
    settings: Settings
    batch: Batch
    out: Path
    basis: str
    whole: bool = False
    shown: int = 20
    explain: int = 3

    @property
    def folder(self) -> Path:
        """Where the batch's results are kept."""
        return self.out / self.batch.name

    def key(self) -> str:
        """The digest of everything that decides the outcome."""
        files = {name: self.place.stamp(f"{self.batch.name}/{name}") for name in self.batch.files}
        how = {"whole": self.whole, "shown": self.shown, "explain": self.explain, "format": FORMAT}
        return json_digest({"basis": self.basis, "files": files, **how})


@dataclass(frozen=True, slots=True)
class Found:
    """What a batch came to: its entry, and the tables that go with it."""

    entry: Entry
    tables: dict[str, pl.DataFrame]


def head_of(batch: Batch) -> Entry:
    """What every entry says of its batch."""
    return {
        "batch": batch.name,
        "asset": batch.asset,
        "direction": batch.direction,
        "missing": list(batch.missing),
    }
