"""The bars of a tree, read once per asset and laid on the clock of the files."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from engine.errors import BarsError, BarsMismatch, ClockClash, FileCorrupt, FileMissing
from engine.execution.records import Ints, Market
from engine.execution.vectorbt.measure import Closes, closes_of
from parity.replicate.names import find_column
from parity.replicate.settings import Settings
from parity.replicate.store import Place
from scenarios.clock import to_wall

DAY_MS: Final = 86_400_000
PRICES: Final = ("open", "high", "low", "close")
# Assets whose bars stay in memory: a million bars are 50 MB.
KEPT: Final = 4


@dataclass(frozen=True, slots=True)
class Prices:
    """One asset's bars: times in milliseconds, rising, and the market of one symbol."""

    where: str
    times: Ints
    market: Market
    closes: Closes

    @property
    def days(self) -> Ints:
        """The day of each row of daily returns, in milliseconds."""
        return self.times[self.closes.ends] // DAY_MS * DAY_MS

    def between(self, times: Ints, where: str) -> Prices:
        """The bars that carry exactly these times; a time without a bar is BarsMismatch."""
        if np.array_equal(times, self.times):
            return self
        first = int(np.searchsorted(self.times, times[0])) if len(times) else 0
        window = self.times[first : first + len(times)]
        if not np.array_equal(window, times):
            raise BarsMismatch(_mismatch(self, times, window, where))
        return prices_of(
            self.where,
            window,
            Market(*(price[first : first + len(times)] for price in self.market)),
        )


def prices_of(where: str, times: Ints, market: Market) -> Prices:
    """Bars with what is derived from them."""
    days = times // DAY_MS
    ends = np.append(np.flatnonzero(np.diff(days)), len(days) - 1)
    return Prices(where, times, market, closes_of(market.close[:, 0], ends))


def _mismatch(prices: Prices, times: Ints, window: Ints, where: str) -> str:
    """The first row that is not on its bar."""
    both = min(len(times), len(window))
    odd = np.flatnonzero(times[:both] != window[:both])
    row = int(odd[0]) if len(odd) else both
    there, asked = (moment(clock, row) for clock in (window, times))
    return (
        f"{where}: row {row} is of {asked}, the bar there is of {there} ({len(times)} rows; "
        f"{len(prices.times)} bars in {prices.where}); check bars and clock in replicate.toml"
    )


def moment(times: Ints, row: int) -> str:
    """A row's time as people read it."""
    if row >= len(times):
        return "nothing"
    return str(pl.Series([int(times[row])]).cast(pl.Datetime("ms"))[0])


class Shelf:
    """Bars by asset, read once however many threads ask for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Any, Prices] = OrderedDict()

    def get(self, place: Place, settings: Settings, asset: str, basis: str) -> Prices:
        """An asset's bars, as of the digest ``basis``; raises what reading them raises."""
        key = (place.root, asset, basis)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = read_prices(place, settings, asset)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]


def bars_path(settings: Settings, asset: str) -> str:
    """Where an asset's bars are, relative to the tree."""
    symbol = settings.bars.symbols.get(asset, asset)
    return settings.bars.path.replace("{asset}", asset).replace("{symbol}", symbol)


def read_prices(place: Place, settings: Settings, asset: str) -> Prices:
    """Bars of a single file or of a hive, on the clock of the files.

    Raises FileMissing, FileCorrupt, BarsMismatch for times that do not rise, and ClockClash where
    the clock puts two bars on one time.
    """
    address = place.at(bars_path(settings, asset))
    symbol = settings.bars.symbols.get(asset, asset)
    frame = read_frame(address, settings, symbol)
    if settings.clock is not None:
        try:
            frame = to_wall(frame, settings.clock, where=address)
        except BarsError as error:
            raise ClockClash(str(error)) from error
    times = frame["timestamp"].to_physical().to_numpy()
    if len(times) == 0:
        raise BarsMismatch(f"{address}: no bar of {symbol}")
    odd = np.flatnonzero(np.diff(times) <= 0)
    if len(odd):
        raise BarsMismatch(
            f"{address}: bar {odd[0] + 1} at {frame['timestamp'][int(odd[0]) + 1]} "
            "is not after the one before it; sort the bars, one row per time"
        )
    opened, high, low, close = (frame[name].to_numpy().reshape(-1, 1) for name in PRICES)
    # No model that plays signals looks at the volume.
    return prices_of(address, times, Market(opened, high, low, close, close))


def read_frame(address: str, settings: Settings, symbol: str) -> pl.DataFrame:
    """Timestamp (UTC), symbol and prices; times without a zone are taken as they are."""
    single = address.endswith(".parquet")
    source = address if single else f"{address}/**/*.parquet"
    try:
        scan = pl.scan_parquet(source, hive_partitioning=not single)
        there = scan.collect_schema()
        names = {
            name: find_column("bars", name, list(there), {"bars": settings.bars.columns})
            for name in ("timestamp", *PRICES)
        }
        lacking = [name for name, found in names.items() if found is None]
        if lacking:
            raise FileCorrupt(f"{address}: no column for {lacking}; there are {list(there)}")
        if "symbol" in there:
            scan = scan.filter(pl.col("symbol") == symbol)
        time = pl.col(str(names["timestamp"]))
        zone = getattr(there[str(names["timestamp"])], "time_zone", None)
        time = time.dt.convert_time_zone("UTC") if zone else time.dt.replace_time_zone("UTC")
        rows = scan.select(
            time.cast(pl.Datetime("ms", "UTC")).alias("timestamp"),
            pl.lit(symbol).alias("symbol"),
            *(pl.col(str(names[name])).cast(pl.Float64()).alias(name) for name in PRICES),
        ).collect()
    except FileNotFoundError as error:
        raise FileMissing(f"{address}: no bars there; see bars.path in replicate.toml") from error
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FileCorrupt(f"{address}: cannot be read: {error}") from error
    return rows if single else rows.sort("timestamp")
