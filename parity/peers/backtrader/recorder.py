"""Play requests with backtrader's ``Cerebro`` and record what its broker did.

One feed per symbol, one strategy that sends the tape, one broker; every option is an argument that
a user of backtrader would set on one of them.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import backtrader as bt
import pyarrow as pa

# Appended, never put first: beside wire.py lies a folder that is called backtrader too.
sys.path.append(str(Path(__file__).resolve().parents[1]))

from costs import KNOWN, broker_of, scheme_of, sizer_of
from feed import feeds, times
from ledger import tables
from strategy import TapeStrategy
from tape import check, read
from wire import Peer, Refused, Request, Unsupported, main

# What Python raises where a size or a balance has no number.
REFUSALS = {
    "ZeroDivisionError": "division_by_zero",
    "OverflowError": "size_infinite",
    "ValueError: cannot convert float NaN to integer": "size_not_a_number",
}


def play(request: Request) -> dict[str, pa.Table]:
    """One backtest: the request as a Cerebro run, then what its strategy heard as tables."""
    if request.kind != "orders":
        raise Unsupported("signals are for vectorbt; give an order tape")
    unknown = sorted(set(request.options) - set(KNOWN))
    if unknown:
        raise ValueError(f"options {unknown} are not known; the options are {sorted(KNOWN)}")
    rows = read(request)
    check(request, rows)
    clock = times(request)
    early = bool(request.options.get("cheat_on_open", False))
    cerebro = bt.Cerebro(stdstats=False, tradehistory=True, cheat_on_open=early)
    cerebro.broker = broker_of(request.options, request.account)
    made = feeds(request, clock)
    for column, feed in made.items():
        name = request.symbols[column]
        cerebro.adddata(feed, name=name)
        scheme = scheme_of(request.options, request.account, column)
        cerebro.broker.addcommissioninfo(scheme, name=name)
    sizer = sizer_of(request.options)
    if sizer is not None:
        cerebro.addsizer(sizer[0], **sizer[1])
    cerebro.addstrategy(
        TapeStrategy,
        rows=rows,
        feeds=made,
        bars={stamp: bar for bar, stamp in enumerate(clock)},
        bracket=request.options["idiom"] == "bracket",
        early=early,
        sized=sizer is not None,
    )
    return tables(request, run(cerebro))


def run(cerebro: bt.Cerebro) -> TapeStrategy:
    """Run it; what Python's arithmetic forbids is a refusal, anything else is a fault."""
    try:
        return cerebro.run()[0]
    except (ArithmeticError, ValueError) as error:
        said = f"{type(error).__name__}: {error}"
        for text, reason in REFUSALS.items():
            if said.startswith(text):
                raise Refused(reason, said) from error
        raise


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(
        Peer(
            name="backtrader",
            version=bt.__version__,
            packages=("backtrader", "numpy", "pyarrow"),
            idiom=lambda options: str(options["idiom"]),
            play=play,
        ),
        Path(__file__).resolve(),
    )
