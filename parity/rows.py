"""Whole rows that differ: lone, executed in pieces, or in another order."""

from __future__ import annotations

import numpy as np
import polars as pl

from parity.align import Aligned
from parity.divergence import DIVERGENCES, Severity
from parity.match import Class


def differing_rows(pair: Aligned) -> pl.DataFrame:
    """The rows of a table that have no one-to-one partner, and the first one out of order."""
    found = [pl.DataFrame(schema=DIVERGENCES)]
    if len(pair.missing):
        found.append(_lone(pair, pair.reference, pair.missing, Class.MISSING))
    if len(pair.extra):
        found.append(_lone(pair, pair.replay, pair.extra, Class.EXTRA))
    if pair.cut.height:
        found.append(_cut(pair, Class.SPLIT, "reference", "replay"))
        found.append(_cut(pair, Class.MERGED, "replay", "reference"))
    return pl.concat([*found, _out_of_order(pair)])


def tell_rows(rows: pl.DataFrame) -> list[str]:
    """Each row in a few words: what was done, or what was held."""
    if "account" in rows.columns:
        held = zip(rows["cash"], rows["equity"], strict=True)
        return [f"cash {cash!r}, equity {equity!r}" for cash, equity in held]
    if "entry_price" in rows.columns:
        columns = ("quantity", "entry_price", "exit_price", "pnl")
        trades = rows.select(columns).iter_rows()
        return [
            f"{q!r} from {entry!r} to {exit_!r}, pnl {pnl!r}" for q, entry, exit_, pnl in trades
        ]
    return [f"{q!r} at {price!r}" for q, price in rows.select("quantity", "price").iter_rows()]


def _lone(pair: Aligned, side: pl.DataFrame, rows: pl.Series, kind: Class) -> pl.DataFrame:
    lone = side[rows]
    texts = pl.Series(tell_rows(lone), dtype=pl.String())
    missing = kind is Class.MISSING
    money = lone["pnl"] * (-1 if missing else 1) if "pnl" in lone.columns else None
    return pair.found(
        lone,
        {
            "row": rows,
            "class": kind.value,
            "severity": Severity.CRITICAL.value,
            "reference_text" if missing else "replay_text": texts,
            "money": money,
        },
    )


def _cut(pair: Aligned, kind: Class, whole: str, part: str) -> pl.DataFrame:
    """One divergence for each row that the other side executed in pieces."""
    sides = {"reference": pair.reference, "replay": pair.replay}
    cut = pair.cut.filter(pl.col("class") == kind.value).sort(whole, part)
    texts = pl.Series("pieces", tell_rows(sides[part][cut[part]]), dtype=pl.String())
    grouped = cut.with_columns(texts).group_by(whole, maintain_order=True)
    pieces = grouped.agg(pl.col("pieces").str.join(" + "), pl.col("reference").first().alias("row"))
    rows = sides[whole][pieces[whole]]
    return pair.found(
        rows,
        {
            "row": pieces["row"],
            "class": kind.value,
            "severity": Severity.MAJOR.value,
            f"{whole}_text": pl.Series(tell_rows(rows), dtype=pl.String()),
            f"{part}_text": pieces["pieces"],
        },
    )


def _out_of_order(pair: Aligned) -> pl.DataFrame:
    """The first row whose partner comes before the partner of the row above it."""
    ordered = pair.one.sort("reference")
    partners = ordered["replay"].to_numpy()
    backwards = np.flatnonzero(partners[1:] < partners[:-1])
    if not len(backwards):
        return pl.DataFrame(schema=DIVERGENCES)
    row = ordered[int(backwards[0]) + 1]
    return pair.found(
        pair.reference[row["reference"]],
        {
            "row": row["reference"],
            "class": Class.SEQUENCE.value,
            "severity": Severity.MINOR.value,
            "reference": row["reference"].cast(pl.Float64()),
            "replay": row["replay"].cast(pl.Float64()),
        },
    )
