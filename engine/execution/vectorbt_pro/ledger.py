"""A ledger from what was played; trades and series are derived as the open edition derives them."""

from __future__ import annotations

import numpy as np

from engine.execution.records import Ledger
from engine.execution.vectorbt.codes import REASONS, STATUSES
from engine.execution.vectorbt.ledger import trades_of
from engine.execution.vectorbt.play import Played
from engine.execution.vectorbt.series import GIVEN, derive_series
from engine.execution.vectorbt_pro.prepare import Prepared


def ledger_of(prepared: Prepared, played: Played) -> Ledger:
    """Orders and fills as they were played, and all that is derived from the fills."""
    symbol, close = prepared.settings.symbol, prepared.bars.close
    columns = np.arange(len(symbol) + 1)
    first = np.searchsorted(played.fills["column"], columns)
    trades = trades_of(played.fills, first, close[symbol, -1], close.shape[1] - 1)
    series = derive_series(played.fills, first, close, symbol, columns, prepared.cash, GIVEN)
    return Ledger(
        orders=played.orders,
        fills=played.fills,
        trades=trades and trades.exits,
        entry_trades=trades and trades.entries,
        positions=trades and trades.positions,
        accounts=prepared.symbols,
        cash=series.cash.T,
        equity=series.value.T,
        statuses=STATUSES,
        reasons=REASONS,
    )
