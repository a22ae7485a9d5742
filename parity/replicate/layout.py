"""The layout of a tree: ``<ASSET>_<direction>/batch_NNN/`` with six files; ``replicate.toml``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from engine.errors import TreeError
from parity.replicate.settings import NAME, Settings, read_settings
from parity.replicate.store import Place

SIGNALS, TRADES, METRICS, DAILY, PARAMS, CANDIDATES = FILES = (
    "signals.parquet",
    "trades.parquet",
    "metrics.parquet",
    "daily_returns.parquet",
    "params.csv",
    "candidates.parquet",
)
FOLDER: Final = re.compile(r"(?P<asset>.+)_(?P<direction>longshort|long|short)")
BATCH: Final = re.compile(r"batch_\d+")


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: its folder below the tree, and which of the six files it has."""

    name: str
    asset: str
    direction: str
    files: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The files it lacks."""
        return tuple(name for name in FILES if name not in self.files)


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree as it lies there; ``strange`` are folders that are no batch of any direction."""

    place: Place
    settings: Settings
    batches: tuple[Batch, ...]
    strange: tuple[str, ...] = ()


def open_tree(root: str, model: str | None = None) -> Tree:
    """List a tree and read its settings; nothing of it is loaded.

    Raises FileMissing for a root that is not there and TreeError for one without a batch.
    """
    place = Place(root.rstrip("/"))
    files = place.files()
    text = place.bytes_of(NAME).decode("utf-8", "replace") if NAME in files else None
    settings = read_settings(text, place.at(NAME)).with_model(model)
    by_folder: dict[str, list[str]] = {}
    for file in files:
        folder, _, name = file.rpartition("/")
        if folder:
            by_folder.setdefault(folder, []).append(name)
    found = {folder: batch_of(folder, names) for folder, names in sorted(by_folder.items())}
    batches = tuple(batch for batch in found.values() if batch)
    if not batches:
        raise TreeError(
            f"{root}: no batch found; a tree holds <ASSET>_<direction>/batch_NNN folders, with "
            "direction long, short or longshort"
        )
    own = settings.bars.path.split("/")[0]
    strange = [name for name, one in found.items() if not one and name.split("/")[0] != own]
    return Tree(place, settings, batches, tuple(strange))


def batch_of(folder: str, names: list[str]) -> Batch | None:
    """The batch in a folder, if its place says that it is one."""
    top, _, last = folder.rpartition("/")
    match = FOLDER.fullmatch(top)
    if not match or not BATCH.fullmatch(last):
        return None
    there = tuple(name for name in FILES if name in names)
    return Batch(folder, match["asset"], match["direction"], there)
