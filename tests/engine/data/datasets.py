"""Small datasets on disk: a few bars per month, prices that name their symbol and month."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

MINUTE = timedelta(minutes=1)


def bars(year=2023, month=1, day=1, count=3, first=100.0, unit="ms", zone="UTC"):
    """Minutes from midnight on; closes rise by 1 from ``first``."""
    start = datetime(year, month, day, tzinfo=UTC)
    times = pl.Series("timestamp", [start + MINUTE * n for n in range(count)]).dt.cast_time_unit(
        unit
    )
    times = times.dt.replace_time_zone(None) if zone is None else times.dt.convert_time_zone(zone)
    close = [first + n for n in range(count)]
    return pl.DataFrame(
        {
            "timestamp": times,
            "open": [price - 0.5 for price in close],
            "high": [price + 1.0 for price in close],
            "low": [price - 1.0 for price in close],
            "close": close,
            "volume": [10.0] * count,
        }
    )


def write(
    source: Path, symbol: str, frame: pl.DataFrame, *, day=None, name="bars", **month
) -> Path:
    """One file of a month, or of a day."""
    folder = source / f"symbol={symbol}" / f"year={month['year']}" / f"month={month['month']:02}"
    folder = folder if day is None else folder / f"day={day:02}"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.parquet"
    frame.write_parquet(file)
    return file


def dataset(source: Path, symbols=("BTC", "ETH"), months=(1, 2)) -> Path:
    """By month: the first symbol has closes 100, 101, 102 in January and 200 ... in February."""
    for number, symbol in enumerate(symbols):
        for month in months:
            frame = bars(month=month, first=100.0 * month + 1000 * number)
            write(source, symbol, frame, year=2023, month=month)
    return source
