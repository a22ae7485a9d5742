"""A ledger from what was played."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import Ledger
from engine.execution.vectorbt.codes import REASONS, STATUSES
from engine.execution.vectorbt.loop import Played
from engine.execution.vectorbt.prepare import Prepared
from engine.execution.vectorbt.series import derive_series
from engine.execution.vectorbt.trades import Trades, derive_trades


def ledger_of(prepared: Prepared, played: Played) -> Ledger:
    """Orders and fills as they were played, and all that is derived from the fills."""
    bars, accounts, symbol = prepared.bars, prepared.accounts, prepared.settings.symbol
    series = derive_series(
        played.fills,
        bars.close,
        symbol,
        prepared.groups.start,
        prepared.groups.cash,
        accounts.mode,
    )
    trades = trades_of(prepared, played.fills)
    return Ledger(
        orders=played.orders,
        fills=played.fills,
        trades=trades and trades.exits,
        entry_trades=trades and trades.entries,
        positions=trades and trades.positions,
        accounts=accounts.names,
        cash=series.cash.T,
        equity=series.value.T,
        statuses=STATUSES,
        reasons=REASONS,
    )


def trades_of(prepared: Prepared, fills: NDArray[Any]) -> Trades | None:
    """The three trade tables; vectorbt cannot build them once a fill has no size or no price."""
    if ((fills["quantity"] == 0) | (fills["price"] <= 0)).any():
        return None
    bars, symbol = prepared.bars, prepared.settings.symbol
    ordered = fills[np.argsort(fills["column"], kind="stable")]
    start = np.searchsorted(ordered["column"], np.arange(len(symbol) + 1))
    last_bar = bars.close.shape[1] - 1
    return Trades(*derive_trades(ordered, start, bars.close[symbol, last_bar], last_bar))
