"""Bars of one length -> bars of another, symbol by symbol."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final, Literal

import polars as pl

from engine.errors import InputError
from engine.schema import TIME

Side = Literal["left", "right"]
TIMEFRAME: Final = re.compile(r"[1-9]\d*(ms|s|m|h|d|w|mo|q|y)")
# What a longer bar makes of the shorter ones; any other column is the last one seen.
RULES: Final = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
FEW: Final = 1000


def resample_data(
    lazy_frame: pl.LazyFrame,
    timeframe: str,
    *,
    closed: Side = "left",
    label: Side = "left",
    zone: str = "UTC",
    offset: str = "0m",
    way: Literal["down", "up"] | None = None,
) -> pl.LazyFrame:
    """Longer bars sum shorter ones up; between longer bars, shorter ones repeat the last close.

    Bars must be sorted by time within each symbol, as ``ParquetLoader`` gives them. Down: open is
    the first, high the maximum, low the minimum, close the last and volume the sum; ``closed`` says
    which edge belongs to a bar and ``label`` which edge names it (both left: a bar is named by its
    start, which is not known in full until its end). A bar nobody traded does not appear. Edges
    are counted from midnight where they divide a day, else from 1970.

    Up: every bar stays at its time; the ones in between have all prices at the close before them
    and volume 0.

    ``zone`` is where days begin, and ``offset`` moves the edges from midnight: bars of an hour
    from the opening of New York are ``zone="America/New_York", offset="30m"``. Without
    ``way`` the first bars are read to see whether it leads down to fewer bars or up to more. Raises
    InputError for a timeframe that is none. What is resampled down is read with all its columns.
    """
    if not TIMEFRAME.fullmatch(timeframe):
        raise InputError(f"timeframe is {timeframe!r}; write it as 15m, 4h, 1d, 1w or 1mo")
    columns = list(lazy_frame.collect_schema())
    lacking = [name for name in ("timestamp", "symbol") if name not in columns]
    if lacking:
        raise InputError(f"bars lack {lacking}; they are needed to resample")
    local = lazy_frame.with_columns(_zoned(zone))
    values = [name for name in columns if name not in ("timestamp", "symbol")]
    if way == "down" or (way is None and _longer(lazy_frame, timeframe)):
        found = _down(local, timeframe, values, closed=closed, label=label, offset=offset)
    else:
        found = _up(local, timeframe, values)
    return found.with_columns(pl.col("timestamp").dt.convert_time_zone("UTC").cast(TIME)).select(
        columns
    )


def _down(
    bars: pl.LazyFrame,
    timeframe: str,
    values: list[str],
    *,
    closed: Side,
    label: Side,
    offset: str,
) -> pl.LazyFrame:
    windows: dict[str, Any] = {
        "every": timeframe,
        "offset": offset,
        "closed": closed,
        "label": label,
    }
    rules = [getattr(pl.col(name), RULES.get(name, "last"))() for name in values]
    grouped = bars.group_by_dynamic("timestamp", group_by="symbol", **windows).agg(rules)
    schema = grouped.collect_schema()

    def make(frame: pl.DataFrame) -> pl.DataFrame:
        symbols = frame["symbol"]
        if frame.is_empty() or symbols.null_count() or (symbols != symbols[0]).any():
            return frame.group_by_dynamic("timestamp", group_by="symbol", **windows).agg(rules)
        # One symbol needs no groups, which take as long as the windows themselves.
        longer = frame.drop("symbol").group_by_dynamic("timestamp", **windows).agg(rules)
        return longer.insert_column(
            0, pl.repeat(symbols[0], longer.height, eager=True).alias("symbol")
        )

    return bars.map_batches(make, schema=schema)


def _up(bars: pl.LazyFrame, timeframe: str, values: list[str]) -> pl.LazyFrame:
    clock = (
        bars.group_by("symbol", maintain_order=True)
        .agg(
            pl.datetime_range(
                pl.col("timestamp").first(), pl.col("timestamp").last(), interval=timeframe
            )
        )
        .explode("timestamp")
    )
    times = (
        pl.concat([clock, bars.select("symbol", "timestamp")]).unique().sort("symbol", "timestamp")
    )
    joined = times.join(
        bars.with_columns(pl.lit(value=True).alias("own")),
        on=["symbol", "timestamp"],
        how="left",
        maintain_order="left",
    )
    own, prices = pl.col("own").is_not_null(), ("open", "high", "low")
    last = {name: pl.col(name).forward_fill().over("symbol") for name in values}
    filled = {name: pl.when(own).then(name).otherwise(last[name]) for name in values}
    if "close" in values:
        filled |= {
            name: pl.when(own).then(name).otherwise(last["close"])
            for name in prices
            if name in values
        }
    if "volume" in values:
        filled["volume"] = pl.when(own).then("volume").otherwise(0)
    return joined.with_columns(expression.alias(name) for name, expression in filled.items())


def _longer(bars: pl.LazyFrame, timeframe: str) -> bool:
    """Whether a bar of the timeframe is at least as long as the shortest step of the first bars."""
    few = bars.select("symbol", "timestamp").head(FEW).collect().sort("symbol", maintain_order=True)
    # One column at a time: a query of windows over symbols would take longer than the resampling.
    steps = few["timestamp"].diff().filter(few["symbol"] == few["symbol"].shift())
    shortest = steps.filter(steps > timedelta(0)).min()
    if not isinstance(shortest, timedelta):
        return True
    first = few["timestamp"].head(1)
    ahead = first.dt.offset_by(timeframe) - first
    return bool((ahead >= shortest).all())


def _zoned(zone: str) -> pl.Expr:
    try:
        return pl.col("timestamp").dt.convert_time_zone(zone)
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise InputError(f"zone {zone!r} is not known: {error}") from error
