"""The race on vectorbt's side: the call its users write, from the dense matrix to its orders."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import vectorbt as vbt

# In vectorbt's environment nothing of ours is installed; these modules need numpy only.
sys.path.append(str(Path(__file__).resolve().parents[3]))

from parity.bench.stopwatch.loop import FILL, Arrays, serve


def prepare(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], Any]:
    """One column per strategy; prices are given once and broadcast by vectorbt."""
    given: dict[str, Any] = {
        "close": arrays["close"][:, None],
        "open": arrays["open"][:, None],
        "high": arrays["high"][:, None],
        "low": arrays["low"][:, None],
        "entries": arrays["entry"],
        "sl_stop": arrays["stops"][None, :],
        "sl_trail": arrays["trails"][None, :],
        "tp_stop": arrays["targets"][None, :],
        "fees": settings["fees"],
        "slippage": settings["slippage"],
        "init_cash": float(settings["cash"]),
        "size": np.inf,
        "freq": "1min",
        "engine": ENGINE,
    }
    if "short_entry" in arrays:
        given |= {"exits": False, "short_entries": arrays["short_entry"], "short_exits": False}
    else:
        given |= {"exits": False, "direction": "longonly"}
    return lambda: vbt.Portfolio.from_signals(**given).orders.values


def read(records: Any) -> Any:
    """vectorbt's order records as fills; they come by column, then by bar."""
    rows = np.empty(len(records), dtype=FILL)
    rows["column"], rows["bar"] = records["col"], records["idx"]
    rows["quantity"] = np.where(records["side"] == 0, records["size"], -records["size"])
    rows["price"], rows["commission"] = records["price"], records["fees"]
    return rows


if __name__ == "__main__":
    ENGINE = sys.argv[1]
    vbt.settings.caching["enabled"] = False
    serve(prepare, read)
