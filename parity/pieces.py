"""One order may be executed in one go by one ledger and in pieces by the other."""

from __future__ import annotations

import polars as pl

from parity.tolerance import ROUNDING, same


def find_pieces(
    whole: pl.DataFrame, part: pl.DataFrame, pairs: pl.DataFrame, *, time: str, window: int
) -> pl.DataFrame:
    """The lone rows that make up what a pair lacks: columns whole, part.

    ``pairs`` holds the row numbers of rows already paired. A pair is short if its part is smaller
    than its whole; the lone rows of the same place and side that follow it, up to the next short
    pair and at most ``window`` bars on, are its pieces if together they are what it lacks.
    """
    lone = part.filter(~pl.col("row").is_in(pairs["part"].implode()))
    if lone.is_empty() or pairs.is_empty():
        return pairs.clear()
    short = _short(whole, part, pairs, time)
    owned = lone.sort(time, "row").join_asof(
        short.sort(time, "whole"),
        on=time,
        by=["place", "side"],
        strategy="backward",
        tolerance=window,
        check_sortedness=False,
    )
    sums = owned.drop_nulls("whole").group_by("whole").agg(pl.sum("size"), pl.first("lack"))
    fits = same(sums["size"].to_numpy(), sums["lack"].to_numpy(), ROUNDING)
    complete = sums.filter(fits)["whole"]
    return owned.filter(pl.col("whole").is_in(complete.implode())).select("whole", part="row")


def _short(whole: pl.DataFrame, part: pl.DataFrame, pairs: pl.DataFrame, time: str) -> pl.DataFrame:
    large, small = whole[pairs["whole"]], part[pairs["part"]]
    lack = large["size"] - small["size"]
    short = pl.DataFrame(
        {
            "whole": pairs["whole"],
            time: small[time],
            "place": small["place"],
            "side": small["side"],
            "lack": lack,
        }
    )
    return short.filter((large["side"] == small["side"]) & (lack > 0) & lack.is_finite())
