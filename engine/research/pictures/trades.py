"""Trades where they happened, and what they brought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.errors import InputError
from engine.extras import load
from engine.research.pictures.canvas import Picture, axes, legend, title
from engine.research.pictures.decimate import decimate
from engine.research.pictures.lines import along, floats
from engine.research.pictures.style import ink
from engine.research.words import percent, short

# More marks than these, and no one can tell them apart.
MARKS: Final = 120
SIDES: Final = (("flat", 0, "second"), ("long", 1, "gain"), ("short", -1, "loss"))


def trades_on_price(
    frame: pl.DataFrame, trades: pl.DataFrame, *, symbol: str, last: int | None = None
) -> Picture:
    """The price of one symbol, coloured by the position held, with a mark at each entry and exit.

    ``frame`` has timestamp, symbol, close and position; ``trades`` has symbol, entry_time,
    exit_time and entry_signal, as a run gives them. ``last`` shows only the span of the last so
    many trades. With more than 120 trades in sight the marks are left out and the colour alone
    tells.
    """
    bars = frame.filter(pl.col("symbol") == symbol)
    own = trades.filter(pl.col("symbol") == symbol)
    if bars.is_empty():
        raise InputError(f"trades on price: there are no bars of {symbol!r}")
    if last is not None and own.height > last:
        own = own.tail(last)
        bars = _around(bars, own)

    def draw(figure: Any) -> None:
        axis = axes(figure)
        _price(axis, bars)
        if own.height <= MARKS:
            _marks(axis, bars, own)
        title(axis, f"{symbol}, close")
        legend(axis, columns=5)
        axis.yaxis.set_major_formatter(lambda value, _: short(value))
        axis.locator_params(axis="y", nbins=5)

    name = "trades" if last is None else "last_trades"
    return Picture(name, f"{own.height} trades on the price of {symbol}", draw)


def trade_returns(trades: pl.DataFrame) -> Picture:
    """How often a closed trade brought how much; the outermost 1 % stand at the edges."""
    closed = trades.filter(pl.col("status") == "closed")
    returns = floats(closed["return"].drop_nulls().drop_nans())
    if not len(returns):
        raise InputError("trade returns: no trade is closed")
    low, high = np.quantile(returns, [0.005, 0.995])
    count = int(np.clip(np.sqrt(len(returns)) * 1.5, 9, 41))
    edges = _edges(float(low), float(high), count)
    counts, _ = np.histogram(np.clip(returns, edges[0], edges[-1]), edges)

    def draw(figure: Any) -> None:
        axis = axes(figure)
        middle = (edges[:-1] + edges[1:]) / 2
        colours = [ink("gain" if place > 0 else "loss") for place in middle]
        axis.bar(middle, counts, width=np.diff(edges) * 0.9, color=colours, linewidth=0)
        axis.axvline(float(returns.mean()), color=ink("ink"), linewidth=1, linestyle=(0, (3, 2)))
        axis.xaxis.set_major_formatter(lambda value, _: percent(value, 1))
        axis.locator_params(axis="x", nbins=5)
        axis.locator_params(axis="y", nbins=5, integer=True)
        title(axis, f"Trades by return, mean {percent(float(returns.mean()))}")

    won = percent(float((returns > 0).mean()), 0)
    return Picture("trade_returns", f"{len(returns)} trades by return, {won} won", draw)


def _edges(low: float, high: float, count: int) -> NDArray[np.float64]:
    """Bins of one width with an edge at zero, so that none holds both gains and losses."""
    low, high = min(low, 0.0), max(high, 0.0)
    width = (high - low) / count or 1e-4
    return np.arange(np.floor(low / width), np.ceil(high / width) + 1) * width


def _around(bars: pl.DataFrame, trades: pl.DataFrame) -> pl.DataFrame:
    """The bars from a little before the first of these trades on."""
    clock = bars["timestamp"]
    first = int(clock.search_sorted(trades["entry_time"][0]))
    return bars.slice(max(first - (bars.height - first) // 20 - 1, 0))


def _price(axis: Any, bars: pl.DataFrame) -> None:
    close, side = floats(bars["close"]), np.sign(floats(bars["position"]))
    keep = decimate(close)
    x, y = along(axis, bars["timestamp"])[keep], close[keep]
    # The way to a point belongs to the position that was held on it.
    held = side[keep]
    for text, sign, role in SIDES:
        places = _stretches(held == sign)
        if len(places):
            # One line with gaps, for a thousand lines take a second to draw.
            gap = places < 0
            own_x, own_y = x[places], np.where(gap, np.nan, y[places])
            axis.plot(own_x, own_y, color=ink(role), linewidth=1.4, label=text)


def _stretches(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The places where a mask holds and the one before each stretch; -1 after each stretch."""
    steps = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    parts = [
        np.append(np.arange(max(start - 1, 0), end), -1)
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _marks(axis: Any, bars: pl.DataFrame, trades: pl.DataFrame) -> None:
    dates = load("matplotlib.dates", extra="report", purpose="A picture")
    prices = bars.select("timestamp", "close").rename({"timestamp": "at"})
    ways: Sequence[tuple[str, str, pl.Expr, str]] = (
        ("buy", "entry_time", pl.col("entry_signal") > 0, "^"),
        ("sell short", "entry_time", pl.col("entry_signal") < 0, "v"),
        ("exit", "exit_time", pl.col("exit_time").is_not_null(), "x"),
    )
    for text, column, chosen, marker in ways:
        found = trades.filter(chosen).select(pl.col(column).alias("at")).join(prices, on="at")
        if found.is_empty():
            continue
        colour = {"^": ink("gain"), "v": ink("loss"), "x": ink("ink")}[marker]
        axis.scatter(
            dates.date2num(found["at"].dt.replace_time_zone(None).to_numpy()),
            found["close"].to_numpy(),
            marker=marker,
            s=48 if marker != "x" else 26,
            color=colour,
            linewidths=1.5 if marker == "x" else 0.9,
            **({} if marker == "x" else {"edgecolors": ink("paper")}),
            label=text,
            zorder=6,
        )


__all__ = ["trade_returns", "trades_on_price"]
