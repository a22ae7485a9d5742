"""Play whole batches of stored signals with vectorbt, the way its users keep their results.

``tree.py ORDER`` reads an order (JSON): bars on the clock of the files, costs, and folders that
hold ``signals.parquet`` and ``params.csv``. Into each folder it writes vectorbt's own readable
records as ``trades.parquet``, and ``metrics.parquet`` and ``daily_returns.parquet``. ``--about``
prints versions.
"""

from __future__ import annotations

import hashlib
import json
import platform as interpreter
import sys
import time
import warnings
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt

PACKAGES = ("vectorbt", "vectorbt-rust", "numba", "numpy", "pandas", "pyarrow")
PRICES = ("open", "high", "low", "close")
# Columns that are played at once: all of 179 would need 35 GB for their metrics.
CHUNK = 16

Split = dict[str, float]


class Watch:
    """Adds up the seconds of each part of the work."""

    def __init__(self) -> None:
        self.split: Split = {}
        self._began = time.perf_counter()

    def lap(self, name: str) -> None:
        """What was just done is called so."""
        now = time.perf_counter()
        self.split[name] = self.split.get(name, 0.0) + now - self._began
        self._began = now


def read_bars(path: str) -> pd.DataFrame:
    """Bars with their times as index."""
    return pd.read_parquet(path).set_index("timestamp")


def play_batch(folder: Path, bars: pd.DataFrame, order: Mapping[str, Any]) -> Split:
    """One batch, from its files to its files."""
    watch = Watch()
    signals = pd.read_parquet(folder / "signals.parquet").set_index("timestamp")
    params = pd.read_csv(folder / "params.csv", dtype={"strategy": str}).set_index("strategy")
    watch.lap("read")
    strategies, parts = list(params.index), []
    for first in range(0, len(strategies), CHUNK):
        own = strategies[first : first + CHUNK]
        portfolio = simulate(own, signals, params, bars, order)
        watch.lap("simulate")
        trades = portfolio.trades.records_readable
        watch.lap("trades")
        metrics, daily = measure(portfolio, own)
        watch.lap("metrics")
        parts.append((trades, metrics, daily))
    trades, metrics, daily = (list(part) for part in zip(*parts, strict=True))
    pd.concat(trades, ignore_index=True).to_parquet(folder / "trades.parquet", compression="zstd")
    pd.concat(metrics, ignore_index=True).to_parquet(folder / "metrics.parquet")
    whole = pd.concat(daily, axis=1).rename_axis("timestamp").reset_index()
    whole.to_parquet(folder / "daily_returns.parquet", compression="zstd")
    watch.lap("write")
    return watch.split


def simulate(
    strategies: list[str],
    signals: pd.DataFrame,
    params: pd.DataFrame,
    bars: pd.DataFrame,
    order: Mapping[str, Any],
) -> vbt.Portfolio:
    """The call its users write; a fixed and a trailing stop share vectorbt's one slot."""
    stops = {name: params.loc[strategies, name].to_numpy()[None, :] for name in ("sl", "tp", "tsl")}
    trails = ~np.isnan(stops["tsl"])
    close = pd.DataFrame(
        np.repeat(bars["close"].to_numpy()[:, None], len(strategies), axis=1),
        index=bars.index,
        columns=strategies,
    )
    return vbt.Portfolio.from_signals(
        close,
        **flags_of(strategies, signals, str(order["direction"])),
        price=bars["open"].to_numpy()[:, None],
        **{name: bars[name].to_numpy()[:, None] for name in ("open", "high", "low")},
        sl_stop=np.where(trails, stops["tsl"], stops["sl"]),
        sl_trail=trails,
        tp_stop=stops["tp"],
        size=np.inf,
        fees=order["fees"],
        slippage=order["slippage"],
        init_cash=float(order["cash"]),
        freq=order["freq"],
        engine=order["engine"],
    )


def flags_of(strategies: list[str], signals: pd.DataFrame, direction: str) -> dict[str, Any]:
    """The columns of each side; one that no strategy has is left out."""
    sides = {"_long": "entries", "_long_exit": "exits", "_short": "short_entries",
             "_short_exit": "short_exits"}  # fmt: skip
    if direction != "longshort":
        sides = {"": "entries", "_exit": "exits"}
    flags = {name: matrix(signals, strategies, ending) for ending, name in sides.items()}
    if direction == "longshort":
        return flags
    return {**flags, "direction": f"{direction}only"}


def matrix(signals: pd.DataFrame, strategies: list[str], ending: str) -> Any:
    """The columns with one ending, false where a strategy has none."""
    names = [f"{strategy}{ending}" for strategy in strategies]
    there = [name for name in names if name in signals.columns]
    if not there:
        return False
    if len(there) == len(names):
        return signals[names].to_numpy()
    return signals.reindex(columns=names, fill_value=False).to_numpy(dtype=np.bool_)


def measure(portfolio: vbt.Portfolio, strategies: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row of metrics per strategy, and the returns of every day."""
    trades = portfolio.trades
    metrics = {
        "end_value": portfolio.final_value(),
        "total_return": portfolio.total_return(),
        "total_fees": portfolio.orders.fees.sum(),
        "max_drawdown": portfolio.max_drawdown(),
        "sharpe_ratio": portfolio.sharpe_ratio(),
        "sortino_ratio": portfolio.sortino_ratio(),
        "total_trades": trades.count(),
        "win_rate": trades.win_rate(),
        "profit_factor": trades.profit_factor(),
        "best_trade": trades.returns.max(),
        "worst_trade": trades.returns.min(),
    }
    rows = pd.DataFrame({name: np.asarray(values) for name, values in metrics.items()})
    rows.insert(0, "strategy", strategies)
    return rows, portfolio.returns_acc.daily()


def about() -> dict[str, Any]:
    """vectorbt, its exact version, the interpreter and the packages that matter."""
    return {
        "platform": "vectorbt",
        "version": vbt.__version__,
        "python": interpreter.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "recorder": hashlib.sha256(Path(__file__).read_bytes()).hexdigest(),
    }


def main(path: str) -> None:
    """Play every folder of an order; one line of JSON as each is done."""
    order = json.loads(Path(path).read_text(encoding="utf-8"))
    bars: dict[str, pd.DataFrame] = {}
    for batch in order["batches"]:
        if batch["bars"] not in bars:
            bars = {batch["bars"]: read_bars(batch["bars"])}
        split = play_batch(Path(batch["folder"]), bars[batch["bars"]], {**order, **batch})
        print(json.dumps({"folder": batch["folder"], "seconds": split}), flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:] == ["--about"]:
        print(json.dumps(about()))
    else:
        main(sys.argv[1])
