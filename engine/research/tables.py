"""An equity curve as tables: its worst drawdowns, and what each month and year brought."""

from __future__ import annotations

from typing import Final

import polars as pl

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def drawdowns(account: pl.DataFrame, *, top: int = 5, start: float = 1.0) -> pl.DataFrame:
    """The deepest falls below an earlier peak, deepest first; the account begins at ``start``.

    ``account`` has timestamp and equity. Gives depth (a negative fraction), peak, trough and
    recovery (times; recovery is null while it lasts), bars as the metrics count them, and
    length and way_down as time. The peak of a fall from the very start is the first bar.
    """
    peak = pl.max_horizontal(pl.col("equity").cum_max(), pl.lit(start))
    lowered = account.select(
        "timestamp",
        (pl.col("equity") / peak - 1.0).alias("depth"),
        pl.int_range(pl.len()).alias("bar"),
    ).with_columns((pl.col("depth") < 0).alias("under"))
    spells = (
        lowered.with_columns(pl.col("under").rle_id().alias("spell"))
        .filter("under")
        .group_by("spell", maintain_order=True)
        .agg(
            pl.col("depth").min(),
            pl.col("timestamp").get(pl.col("depth").arg_min()).alias("trough"),
            pl.col("bar").first().alias("first"),
            pl.col("bar").last().alias("last"),
        )
        .sort("depth", maintain_order=True)
        .head(top)
    )
    clock, end = account["timestamp"], account.height - 1
    peaks = (spells["first"] - 1).clip(lower_bound=0)
    after = spells["last"] + 1
    ends = after.clip(upper_bound=max(end, 0))
    return spells.select("depth", clock.gather(peaks).alias("peak"), "trough").with_columns(
        pl.when(after <= end).then(clock.gather(ends)).alias("recovery"),
        (after - spells["first"] + 1).alias("bars"),
        (clock.gather(ends) - pl.col("peak")).alias("length"),
        (pl.col("trough") - pl.col("peak")).alias("way_down"),
    )


def monthly_returns(account: pl.DataFrame, *, start: float = 1.0) -> pl.DataFrame:
    """Return of each month that has a bar, one row per year, and of the year as ``Year``.

    The first column is the year, then Jan to Dec; a month without a bar is null. Months are those
    of UTC.
    """
    months = (
        account.group_by(
            pl.col("timestamp").dt.year().alias("year"),
            pl.col("timestamp").dt.month().alias("month"),
            maintain_order=True,
        )
        .agg(pl.col("equity").last())
        .with_columns(pl.col("equity").shift(fill_value=start).alias("before"))
    )
    years = months.group_by("year", maintain_order=True).agg(
        *(
            (pl.col("equity") / pl.col("before") - 1.0)
            .filter(pl.col("month") == at)
            .first()
            .alias(name)
            for at, name in enumerate(MONTHS, 1)
        ),
        (pl.col("equity").last() / pl.col("before").first() - 1.0).alias("Year"),
    )
    return years.with_columns(pl.col("year").cast(pl.String()))


def daily(account: pl.DataFrame) -> pl.DataFrame:
    """The last row of each day that has one."""
    return (
        account.group_by(pl.col("timestamp").dt.date().alias("day"), maintain_order=True)
        .agg(pl.all().last())
        .drop("day")
    )


__all__ = ["MONTHS", "daily", "drawdowns", "monthly_returns"]
