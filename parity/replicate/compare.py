"""Our replay of a batch against what the batch stored, strategy by strategy."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from engine.execution.records import Floats
from parity.replicate.causes import causes_of
from parity.replicate.criteria import CRITERIA, judge, match
from parity.replicate.job import COMPARED, DIFFERING, STRATEGIES, Entry, Found, Job, head_of
from parity.replicate.layout import CANDIDATES, DAILY, METRICS, TRADES
from parity.replicate.ledger import Ledger, frame_of, read_trades
from parity.replicate.metrics import Told, compare_daily, compare_metrics, metrics_of
from parity.replicate.prices import Prices
from parity.replicate.signals import Signals
from parity.replicate.simulate import Replay
from parity.replicate.tables import read_candidates
from parity.report.document import plain


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
