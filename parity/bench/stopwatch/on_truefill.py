"""The race on our side: from the bars of the signals, or the same dense matrix, to the fills."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution import vectorbt, vectorbt_pro
from engine.execution.marks import marks_of
from engine.execution.records import Market, Marks, Request
from parity.bench.stopwatch.loop import FILL, Arrays, serve

SIGNALS = ("entry", "short_entry")


def prepare(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], Any]:
    """The call that is timed: everything from the arrays to the fills."""
    if sys.argv[1:] == ["vectorbt_pro"]:
        return lambda: vectorbt_pro.fill(as_open_edition(request_of(arrays, settings)))
    return lambda: vectorbt.fill(request_of(arrays, settings))


def as_open_edition(request: Request) -> Request:
    """The same for VectorBT Pro's model: orders at the close, and the open edition's rules."""
    values = {**request.values, "price": "close"}
    return replace(request, values=values, options=vectorbt_pro.OPEN_EDITION)


def request_of(arrays: Arrays, settings: Mapping[str, Any]) -> Request:
    """One column per strategy on the bars of one symbol."""
    prices = {name: arrays[name][:, None] for name in ("open", "high", "low", "close")}
    trails = arrays["trails"]
    return Request(
        market=Market(**prices, volume=prices["close"]),
        symbols=tuple(f"strategy {column}" for column in range(len(trails))),
        cash=float(settings["cash"]),
        commission=settings["fees"],
        fixed=0.0,
        slippage=settings["slippage"],
        marks=sparse(arrays) if "entry_start" in arrays else dense(arrays),
        values={
            "stop_loss": np.where(trails, np.nan, arrays["stops"]),
            "trailing_stop": np.where(trails, arrays["stops"], np.nan),
            "take_profit": arrays["targets"],
        },
    )


def sparse(arrays: Arrays) -> dict[str, Marks]:
    """The bars of the signals as they are."""
    return {
        name: Marks(arrays[f"{name}_start"], arrays[f"{name}_bars"])
        for name in SIGNALS
        if f"{name}_start" in arrays
    }


def dense(arrays: Arrays) -> dict[str, Marks]:
    """The bars at which the matrix is true."""
    return {name: marks_of(arrays[name]) for name in SIGNALS if name in arrays}


def read(rows: NDArray[Any]) -> NDArray[Any]:
    """Our fills in the fields both sides share."""
    shared = np.empty(len(rows), dtype=FILL)
    for name in FILL.names or ():
        shared[name] = rows[name]
    return shared


if __name__ == "__main__":
    serve(prepare, read)
