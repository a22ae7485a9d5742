"""The race of tapes on our side: from the arrays to the whole ledger of one model."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.execution import MODELS
from engine.execution.records import Ledger, Market, Request
from parity.bench.stopwatch.loop import FILL, Arrays, serve


def prepare(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], Any]:
    """The call that is timed: orders, fills, trades, cash and equity."""
    model, options = MODELS[sys.argv[1]], json.loads(sys.argv[2])
    prices = {name: arrays[name][:, None] for name in ("open", "high", "low", "close")}
    market = Market(**prices, volume=np.full_like(prices["close"], 1e9))
    told = {"tape": arrays["tape"], "clock": arrays["clock"], "options": options}
    return lambda: model.run(Request(market, ("BTCUSDT",), **told, **settings))


def read(ledger: Ledger) -> Any:
    """Fills in the fields both sides share, by bar, quantity and price."""
    rows = np.empty(len(ledger.fills), dtype=FILL)
    for name in FILL.names or ():
        rows[name] = ledger.fills[name]
    return np.sort(rows, order=("bar", "quantity", "price"))


if __name__ == "__main__":
    serve(prepare, read)
