"""One batch: read it, replay it, compare it strategy by strategy, and write what came out.

What cannot be used is an entry in the ledger like any other; the run goes on. A batch's folder is
written aside and renamed, and its ``batch.json`` names the digest of all that decided it, so a
folder that is there is whole and known to be of these inputs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import polars as pl

from engine.errors import StoreError, TruefillError
from engine.execution.arrays import in_this_thread
from engine.store.aside import folder_aside
from parity.replicate.check import check_alone
from parity.replicate.compare import compare
from parity.replicate.job import COMPARED, ENTRY, Entry, Found, Job, head_of
from parity.replicate.layout import PARAMS, SIGNALS, Batch
from parity.replicate.prices import Prices, Shelf
from parity.replicate.signals import Signals, check_rows, read_signals
from parity.replicate.simulate import replay, stops_of
from parity.replicate.tables import read_params

SHELF: Final = Shelf()


def do_batch(job: Job) -> Entry:
    """Replicate a batch unless it is done; returns its entry, whatever happened."""
    try:
        key = job.key()
        done = read_entry(job.folder)
        if done and done["key"] == key and done["status"] != "failed":
            return done
        found = examine(job)
    except (TruefillError, OSError) as error:
        key, found = "", Found(failure(job.batch, error), {})
    try:
        write_batch(job, Found({**found.entry, "key": key}, found.tables))
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = getattr(error, "strerror", None) or error
        told = StoreError(f"{job.folder}: could not be written: {reason}")
        return {**failure(job.batch, told), "key": ""}
    return {**found.entry, "key": key}


def do_alone(job: Job) -> Entry:
    """The same on this thread alone, where other threads or processes do other batches."""
    with in_this_thread():
        return do_batch(job)


def read_entry(folder: Path) -> Entry | None:
    """The entry of a batch that was done, or None."""
    try:
        entry: Entry = json.loads((folder / ENTRY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return entry if {"key", "status"} <= entry.keys() else None


def write_batch(job: Job, found: Found) -> None:
    """Write a batch's folder whole or not at all."""
    with folder_aside(job.folder) as aside:
        for name, table in found.tables.items():
            write_table(aside / name, table)
        text = json.dumps(found.entry, indent=1, sort_keys=True, allow_nan=False)
        (aside / ENTRY).write_text(text + "\n", encoding="utf-8")


def write_table(path: Path, table: pl.DataFrame) -> None:
    """Lightly compressed: half the time of polars' own level, and as small within a tenth."""
    table.write_parquet(path, compression="zstd", compression_level=1, statistics=False)


def failure(batch: Batch, error: Exception) -> Entry:
    """The entry of a batch that could not be used, or could not be run."""
    code = error.exit_code if isinstance(error, TruefillError) else 3
    told = {"kind": type(error).__name__, "message": str(error), "exit_code": code}
    return {**head_of(batch), "status": "failed", "error": told}


def examine(job: Job) -> Found:
    """Replay a batch where its files allow it, else check what they say of each other."""
    batch, place, settings = job.batch, job.place, job.settings
    if SIGNALS not in batch.files or PARAMS not in batch.files:
        entry, metrics = check_alone(place, batch, settings)
        return Found({**head_of(batch), "status": "incomplete", **entry}, {COMPARED: metrics})
    signals = read_signals(place, batch, settings)
    prices = prices_for(job, signals)
    params = read_params(place, batch, settings)
    stops = stops_of(signals, params, place.at(f"{batch.name}/{PARAMS}"))
    replayed = replay(signals, stops, prices, settings)
    return compare(job, signals, stops, prices, replayed)


def prices_for(job: Job, signals: Signals) -> Prices:
    """The bars of the signals; raises BarsMismatch where they are others."""
    prices = SHELF.get(job.place, job.settings, job.batch.asset, job.basis)
    address = job.place.at(f"{job.batch.name}/{SIGNALS}")
    check_rows(signals, len(prices.times), address)
    return prices if signals.times is None else prices.between(signals.times, address)
