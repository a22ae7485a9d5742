"""A ledger from what was played."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import Floats, Ints, Ledger
from engine.execution.vectorbt.codes import REASONS, STATUSES
from engine.execution.vectorbt.play import Played
from engine.execution.vectorbt.prepare import Prepared
from engine.execution.vectorbt.series import derive_series
from engine.execution.vectorbt.trades import Trades, derive_trades


def ledger_of(prepared: Prepared, played: Played) -> Ledger:
    """Orders and fills as they were played, and all that is derived from the fills."""
    accounts, symbol = prepared.accounts, prepared.inputs.settings.symbol
    close = prepared.inputs.bars.close
    fills = played.fills[np.argsort(played.fills["column"], kind="stable")]
    first = np.searchsorted(fills["column"], np.arange(len(symbol) + 1))
    trades = trades_of(fills, first, close[symbol, -1], close.shape[1] - 1)
    series = derive_series(
        fills, first, close, symbol, accounts.start, accounts.cash, accounts.mode
    )
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


def trades_of(fills: NDArray[Any], first: Ints, close: Floats, last_bar: int) -> Trades | None:
    """The three trade tables; vectorbt cannot build them once a fill has no size or no price."""
    if ((fills["quantity"] == 0) | (fills["price"] <= 0)).any():
        return None
    return derive_trades(fills, first, close, last_bar)
