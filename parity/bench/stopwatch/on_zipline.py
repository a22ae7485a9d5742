"""The race of tapes on the side of zipline: one simulation by minutes, its market in memory.

zipline has no orders that wait for or cancel one another, so its users write an algorithm that does
it; the one played here is the recorder's.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

# In the platform's environment nothing of ours is installed; these modules need only what is there.
sys.path.append(str(Path(__file__).resolve().parents[3]))
sys.path.append(str(Path(__file__).resolve().parents[2] / "peers" / "zipline"))
sys.path.append(str(Path(__file__).resolve().parents[2] / "peers"))

from market import Actions
from minutes import exact_minutes
from recorder import observed, run, simulation
from strategy import Strategy
from wire import TIME, Request
from zipline.finance.commission import PerDollar
from zipline.finance.slippage import NoSlippage

from parity.bench.stopwatch.loop import FILL, Arrays, serve


def prepare(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], Any]:
    """The market and the tape are made beforehand; the call is the simulation."""
    request = request_of(arrays, settings)
    market = exact_minutes(request, lambda _days: Actions(None, None)).__enter__()

    def call() -> Any:
        charged: list[float] = []

        def initialize(algo: Any) -> None:
            algo.set_slippage(us_equities=NoSlippage())
            dollar = PerDollar(cost=settings["commission"])
            algo.set_commission(us_equities=observed(dollar, charged))

        algo = simulation(request, market, initialize, Strategy(request).handle_data)
        return market, run(algo), charged

    return call


def request_of(arrays: Arrays, settings: Mapping[str, Any]) -> Request:
    """The arrays as the recorder gets them."""
    tape, clock, count = arrays["tape"], arrays["clock"], len(arrays["close"])
    market = {name: arrays[name][:, None] for name in ("open", "high", "low", "close")}
    columns = {name: pa.array(tape[name].tolist(), from_pandas=True) for name in NUMBERS}
    links = {name: pa.array([one if one >= 0 else None for one in tape[name]]) for name in LINKS}
    script = {
        "order_id": pa.array(tape["order_id"]),
        "timestamp": pa.array(clock[tape["bar"]], pa.int64()).cast(TIME),
        "symbol": ["BTCUSDT"] * len(tape),
        "kind": tape["kind"].tolist(),
        "unit": tape["unit"].tolist(),
        **columns,
        **links,
        "expires": pa.nulls(len(tape), TIME),
    }
    return Request(
        name="race",
        symbols=("BTCUSDT",),
        kind="orders",
        clock=clock,
        market={**market, "volume": np.full((count, 1), 1e9)},
        account=settings,
        defaults={},
        options={"route": "exact", "data_frequency": "minute", "calendar": "24/7"},
        script=pa.table(script),
        rows=tape["bar"],
        columns=tape["column"],
    )


NUMBERS = ("quantity", "limit_price", "stop_price", "trail_amount", "trail_percent")
LINKS = ("parent_id", "oco_id")


def read(outcome: Any) -> np.ndarray:
    """Every transaction, by bar, quantity and price."""
    market, perf, charged = outcome
    done = [one for day in perf["transactions"] for one in day]
    rows = np.zeros(len(done), dtype=FILL)
    rows["bar"] = np.searchsorted(market.moments, [one["dt"].value for one in done])
    rows["quantity"] = [one["amount"] for one in done]
    rows["price"] = [one["price"] for one in done]
    rows["commission"] = charged
    return np.sort(rows, order=("bar", "quantity", "price"))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    serve(prepare, read)
