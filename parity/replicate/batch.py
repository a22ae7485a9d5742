"""One batch: read it, replay it, compare it strategy by strategy, and write what came out.

What cannot be used is an entry in the ledger like any other; the run goes on. A batch's folder is
written aside and renamed, and its ``batch.json`` names the digest of all that decided it, so a
folder that is there is whole and known to be of these inputs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from engine.errors import StoreError, TruefillError
from engine.execution.records import Floats
from engine.store.aside import folder_aside
from engine.store.digest import json_digest
from parity.replicate.causes import causes_of
from parity.replicate.check import check_alone
from parity.replicate.criteria import CRITERIA, judge, match
from parity.replicate.layout import (
    CANDIDATES,
    DAILY,
    METRICS,
    PARAMS,
    SIGNALS,
    TRADES,
    Batch,
)
from parity.replicate.ledger import Ledger, frame_of, read_trades
from parity.replicate.metrics import Told, compare_daily, compare_metrics, metrics_of
from parity.replicate.prices import Prices, Shelf
from parity.replicate.settings import Settings
from parity.replicate.signals import Signals, check_rows, read_signals
from parity.replicate.simulate import Replay, replay, stops_of
from parity.replicate.store import Place
from parity.replicate.tables import read_candidates, read_params
from parity.report.document import plain

ENTRY: Final = "batch.json"
STRATEGIES, COMPARED, DIFFERING = "strategies.parquet", "metrics.parquet", "differing.parquet"
# Raised whenever the content of a batch's folder changes its form.
FORMAT: Final = 1
SHELF: Final = Shelf()

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


def head_of(batch: Batch) -> Entry:
    """What every entry says of its batch."""
    return {
        "batch": batch.name,
        "asset": batch.asset,
        "direction": batch.direction,
        "missing": list(batch.missing),
    }


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


def compare(
    job: Job, signals: Signals, stops: dict[str, Floats], prices: Prices, replayed: Replay
) -> Found:
    """Our replay against whatever the batch stored."""
    batch, place, settings = job.batch, job.place, job.settings
    names, ours = signals.strategies, Ledger(*replayed.exits)
    table: dict[str, Any] = {"strategy": list(names)}
    entry = {**head_of(batch), "strategies": len(names), "unsupported": len(replayed.unsupported)}
    tables: dict[str, pl.DataFrame] = {}
    own = metrics_of(replayed.exits, replayed.measured, prices, settings.cash)
    if TRADES in batch.files:
        theirs = read_trades(place, batch, settings, names, prices.times)
        table |= match_columns(theirs, ours)
        entry["fields"] = list(theirs.fields)
    if METRICS in batch.files:
        told = compare_metrics(place, batch, settings, names, own)
        table |= metric_columns(told, names)
        entry["unknown_metrics"], tables[COMPARED] = list(told.unknown), told.rows
    if DAILY in batch.files:
        days = compare_daily(place, batch, settings, names, prices.days, replayed.measured.daily)
        table |= {f"days_{name}": values for name, values in days.items()}
    if CANDIDATES in batch.files:
        known = set(names)
        strangers = [one for one in read_candidates(place, batch, settings) if one not in known]
        entry["candidates_without_signals"] = strangers
    rows = with_status(pl.DataFrame(table), replayed.unsupported)
    tables[STRATEGIES] = rows
    if TRADES in batch.files:
        tables[DIFFERING] = differing(rows, theirs, ours, prices, job.shown)
        odd = [row for row, word in enumerate(rows["status"]) if word == "differs"]
        if odd and job.explain:
            why = causes_of(odd[: job.explain], signals, stops, prices, theirs, settings)
            entry["causes"] = plain(why)
    if job.whole:
        tables |= own_tables(ours, own, replayed, prices, names)
    status = "replicated" if TRADES in batch.files else "incomplete"
    return Found({**entry, "status": status, **counts(rows)}, tables)


def match_columns(theirs: Ledger, ours: Ledger) -> dict[str, Any]:
    """How the trades compare, and each criterion."""
    rows = match(theirs, ours)
    return {name: rows[name] for name in rows.dtype.names or ()} | judge(rows)


def metric_columns(told: Told, names: tuple[str, ...]) -> dict[str, Any]:
    """Per strategy: metrics compared, those with the same bits, those within the tolerance."""
    sums = told.rows.group_by("strategy").agg(
        metrics=pl.len(), metrics_exact=pl.col("exact").sum(), metrics_near=pl.col("near").sum()
    )
    whole = pl.DataFrame({"strategy": list(names)}).join(sums, on="strategy", how="left")
    return {
        name: whole[name].fill_null(0).cast(pl.Int64())
        for name in ("metrics", "metrics_exact", "metrics_near")
    }


def with_status(rows: pl.DataFrame, unsupported: dict[int, str]) -> pl.DataFrame:
    """Exact, differs, unsupported with its reason, or unchecked where no trades are stored."""
    own = pl.col("exact") if "exact" in rows.columns else pl.lit(None, dtype=pl.Boolean())
    reason = pl.Series([unsupported.get(row, "") for row in range(rows.height)], dtype=pl.String())
    rows = rows.with_columns(reason=reason)
    if "exact" in rows.columns:
        # A strategy that was not replayed has passed nothing.
        told = pl.col("reason") == ""
        rows = rows.with_columns(*((pl.col(name) & told).alias(name) for name in CRITERIA))
    word = (
        pl.when(pl.col("reason") != "")
        .then(pl.lit("unsupported"))
        .when(own.is_null())
        .then(pl.lit("unchecked"))
        .when(own)
        .then(pl.lit("exact"))
        .otherwise(pl.lit("differs"))
    )
    return rows.with_columns(status=word)


def counts(rows: pl.DataFrame) -> Entry:
    """The sums of a batch over its strategies."""
    entry: Entry = {}
    if "exact" in rows.columns:
        entry["criteria"] = {name: int(rows[name].sum()) for name in CRITERIA}
        entry["trades"] = {side: int(rows[side].sum()) for side in ("theirs", "ours", "equal")}
    if "metrics" in rows.columns:
        entry["metrics"] = {
            "compared": int(rows["metrics"].sum()),
            "exact": int(rows["metrics_exact"].sum()),
            "near": int(rows["metrics_near"].sum()),
        }
    if "days_days" in rows.columns:
        entry["daily"] = {
            "compared": int(rows["days_days"].sum()),
            "exact": int(rows["days_exact"].sum()),
            "near": int(rows["days_near"].sum()),
        }
    return entry


def differing(
    rows: pl.DataFrame, theirs: Ledger, ours: Ledger, prices: Prices, shown: int
) -> pl.DataFrame:
    """Both ledgers of the first strategies that differ, theirs before ours."""
    names = rows["strategy"].to_list()
    places = [row for row in range(rows.height) if rows["status"][row] == "differs"][:shown]
    parts = [
        frame_of(part(ledger, places), [names[row] for row in places], prices.times).with_columns(
            side=pl.lit(side)
        )
        for side, ledger in (("theirs", theirs), ("ours", ours))
    ]
    return pl.concat(parts)


def part(ledger: Ledger, places: list[int]) -> Ledger:
    """The trades of some strategies."""
    own = [ledger.of(row) for row in places]
    first = np.concatenate(([0], np.cumsum([rows.shape[1] for rows in own]))).astype(np.int64)
    rows = np.concatenate([*own, ledger.rows[:, :0]], axis=1)
    return Ledger(rows, first, ledger.fields, ledger.single)


def own_tables(
    ours: Ledger,
    own: dict[str, Floats],
    replayed: Replay,
    prices: Prices,
    names: tuple[str, ...],
) -> dict[str, pl.DataFrame]:
    """Our trades, metrics and daily returns in the layout of a tree, under ``ours_``."""
    days = pl.Series(prices.days).cast(pl.Datetime("ms"))
    daily = pl.DataFrame(
        {"timestamp": days, **dict(zip(names, replayed.measured.daily, strict=True))}
    )
    return {
        "ours_trades.parquet": frame_of(ours, names, prices.times),
        "ours_metrics.parquet": pl.DataFrame({"strategy": list(names), **own}),
        "ours_daily_returns.parquet": daily,
    }
