"""Play requests with backtesting.py and record what it did.

backtesting.py first asks a strategy at its second bar, so a bar is put before the first one (the
first again, a millisecond earlier): the way a user gets to trade on the first bar. Statistics are
left out, because nothing is recorded of them and some bars have none.
"""

from __future__ import annotations

import sys
import warnings
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import backtesting as platform
import numpy as np
import pandas as pd
import pyarrow as pa
from backtesting import backtesting as module

# Appended, never put first, so that nothing of ours hides a package.
sys.path.append(str(Path(__file__).resolve().parents[1]))

from broker import RecordingBroker
from ledger import tables
from strategy import TapeStrategy
from tape import read
from wire import Peer, Refused, Request, main

FLAGS = ("trade_on_close", "hedging", "exclusive_orders", "finalize_trades")
KNOWN = {*FLAGS, "margin", "spread"}

# backtesting.py says why it stops a run in words only.
REFUSALS = {
    "Some OHLC values are missing": "price_missing",
    "cash should be > 0": "cash_not_positive",
    "margin should be between 0 and 1": "margin_out_of_range",
    "Need fixed cash commission": "fixed_commission_negative",
    "commission should be between": "commission_out_of_range",
    "cannot convert float": "size_not_a_number",
}


def play(request: Request) -> dict[str, pa.Table]:
    """One backtest: the request as a call, then what its broker told as tables."""
    unknown = sorted(set(request.options) - KNOWN)
    if unknown:
        raise ValueError(f"options {unknown} are not known; the options are {sorted(KNOWN)}")
    rows = read(request)
    try:
        return tables(request, run(request, rows))
    except (AssertionError, ValueError, OverflowError) as error:
        for text, reason in REFUSALS.items():
            if text in str(error):
                raise Refused(reason, str(error)) from error
        raise


def run(request: Request, rows: list[dict[str, Any]]) -> RecordingBroker:
    """Run backtesting.py on the bars, its own broker replaced by the one that listens."""
    account, options = request.account, request.options
    backtest = platform.Backtest(
        frame(request),
        type("Tape", (TapeStrategy,), {"rows": rows}),
        cash=account["cash"],
        spread=float(options.get("spread", account["slippage"])),
        commission=(account["fixed"], account["commission"]),
        margin=float(options.get("margin", 1.0)),
        **{name: bool(options.get(name, False)) for name in FLAGS},
    )
    made: list[RecordingBroker] = []

    def make(**given: Any) -> RecordingBroker:
        made.append(RecordingBroker(**backtest_broker.keywords, **given))
        return made[0]

    backtest_broker: Any = backtest._broker
    backtest._broker = partial(make)
    backtest.run()
    return made[0]


def frame(request: Request) -> pd.DataFrame:
    """The bars as backtesting.py takes them, the first one twice."""
    clock = np.concatenate((request.clock[:1] - 1, request.clock))
    columns = {
        name.capitalize(): np.concatenate((request.market[name][:1, 0], request.market[name][:, 0]))
        for name in ("open", "high", "low", "close", "volume")
    }
    return pd.DataFrame(columns, index=pd.to_datetime(clock, unit="ms"))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    module.compute_stats = lambda **_given: pd.Series(dtype=object)
    main(
        Peer(
            name="backtesting_py",
            version=version("backtesting"),
            packages=("backtesting", "numpy", "pandas", "pyarrow"),
            idiom=lambda _options: "tape",
            play=play,
        ),
        Path(__file__).resolve(),
    )
