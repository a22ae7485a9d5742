"""What a run did: fills, orders with their status, trades, equity, and metrics on demand."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.execution.records import Floats, Ledger
from engine.metrics import measure
from engine.panel import Panel
from engine.schema import EQUITY, FILLS, ORDERS, TRADES
from engine.store.aside import folder_aside


class Result:
    """The ledger of one run as frames, each built when it is first asked for.

    ``trades`` are the platform's own default trades; ``entry_trades`` and ``positions`` are the
    two other ways it counts. They are None where the platform itself cannot build them.
    """

    def __init__(self, panel: Panel, ledger: Ledger) -> None:
        self._panel = panel
        self._ledger = ledger

    @functools.cached_property
    def orders(self) -> pl.DataFrame:
        """Every order the platform saw, with its status, and cash and position after it."""
        rows, ledger = self._ledger.orders, self._ledger
        return self._frame(
            ORDERS,
            {
                "order_id": np.arange(len(rows)),
                "timestamp": self._times(rows["bar"]),
                "symbol": self._symbols(rows["column"]),
                "quantity": rows["quantity"],
                "price": rows["price"],
                "status": _words(ledger.statuses, rows["status"]),
                "reason": _words(ledger.reasons, rows["reason"]),
                "cash": rows["cash"],
                "position": rows["position"],
            },
        )

    @functools.cached_property
    def fills(self) -> pl.DataFrame:
        """Every execution; quantity is signed, price holds the slippage."""
        rows = self._ledger.fills
        return self._frame(
            FILLS,
            {
                "fill_id": np.arange(len(rows)),
                "order_id": rows["order"],
                "timestamp": self._times(rows["bar"]),
                "symbol": self._symbols(rows["column"]),
                "quantity": rows["quantity"],
                "price": rows["price"],
                "commission": rows["commission"],
            },
        )

    @functools.cached_property
    def trades(self) -> pl.DataFrame | None:
        """One row per trade as the platform counts them by default."""
        return self._trades(self._ledger.trades)

    @functools.cached_property
    def entry_trades(self) -> pl.DataFrame | None:
        """One row per opening order."""
        return self._trades(self._ledger.entry_trades)

    @functools.cached_property
    def positions(self) -> pl.DataFrame | None:
        """One row per position, from flat to flat."""
        return self._trades(self._ledger.positions)

    @functools.cached_property
    def equity(self) -> pl.DataFrame:
        """Cash and equity of each account at each bar's close."""
        ledger, clock = self._ledger, self._panel.clock
        accounts = len(ledger.accounts)
        return self._frame(
            EQUITY,
            {
                "timestamp": pl.concat([clock] * accounts),
                "account": np.repeat(ledger.accounts, len(clock)),
                "cash": _flat(ledger.cash),
                "equity": _flat(ledger.equity),
            },
        )

    @functools.cached_property
    def metrics(self) -> pl.DataFrame:
        """The canonical metrics of the whole account, long: name, value."""
        return measure(self.equity, self.fills, self.trades)

    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables a reference holds, by name; what the platform cannot build is left out."""
        built = {
            "orders": self.orders,
            "fills": self.fills,
            "trades": self.trades,
            "entry_trades": self.entry_trades,
            "positions": self.positions,
            "equity": self.equity,
        }
        return {name: frame for name, frame in built.items() if frame is not None}

    def save(self, directory: Path) -> Path:
        """Write every table and the metrics as Parquet: aside first, then renamed."""
        with folder_aside(directory) as aside:
            for name, frame in {**self.tables(), "metrics": self.metrics}.items():
                frame.write_parquet(aside / f"{name}.parquet")
        return directory

    def _trades(self, rows: NDArray[Any] | None) -> pl.DataFrame | None:
        if rows is None:
            return None
        plain = ("quantity", "entry_price", "entry_commission", "exit_price", "exit_commission")
        return self._frame(
            TRADES,
            {
                "trade_id": np.arange(len(rows)),
                "position_id": rows["position"],
                "symbol": self._symbols(rows["column"]),
                "entry_time": self._times(rows["entry_bar"]),
                "exit_time": self._times(rows["exit_bar"]),
                **{name: rows[name] for name in (*plain, "pnl", "return")},
                "status": np.where(rows["open"] == 1, "open", "closed"),
            },
        )

    def _times(self, bars: NDArray[Any]) -> pl.Series:
        return self._panel.clock.gather(np.ascontiguousarray(bars))

    def _symbols(self, columns: NDArray[Any]) -> NDArray[Any]:
        return _words(self._panel.symbols, columns)

    @staticmethod
    def _frame(schema: pl.Schema, columns: dict[str, Any]) -> pl.DataFrame:
        return pl.DataFrame(
            {
                name: columns[name]
                if isinstance(columns[name], pl.Series)
                else pl.Series(name, np.ascontiguousarray(columns[name]), dtype=dtype)
                for name, dtype in schema.items()
            },
            schema=schema,
        )


def _words(texts: tuple[str, ...], codes: NDArray[Any]) -> NDArray[Any]:
    words: NDArray[Any] = np.array([*texts, ""], dtype=object)[codes]
    return words


def _flat(series: Floats) -> Floats:
    return np.ascontiguousarray(series.T).ravel()
