"""Play order tapes with zipline-reloaded, by days or by minutes, and record what it did."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

# Appended, never put first: beside wire.py lies a folder that is called zipline too.
sys.path.append(str(Path(__file__).resolve().parents[1]))

from bundle import bundle_market
from ledger import tables
from market import exact_market
from minutes import MILLI, bundle_minutes, exact_minutes
from options import KNOWN, POLICIES, actions_of, commission_of, slippage_of
from strategy import Strategy
from wire import Peer, Refused, Request, Unsupported, main
from zipline.algorithm import TradingAlgorithm
from zipline.errors import ZeroCapitalError
from zipline.finance.commission import CommissionModel
from zipline.finance.metrics.metric import DailyLedgerField, Transactions
from zipline.finance.trading import SimulationParameters

MARKETS = {
    ("daily", "exact"): exact_market,
    ("daily", "bundle"): bundle_market,
    ("minute", "exact"): exact_minutes,
    ("minute", "bundle"): bundle_minutes,
}


def play(request: Request) -> dict[str, pa.Table]:
    """One simulation: the request as an algorithm, then its reports as tables."""
    unknown = sorted(set(request.options) - KNOWN)
    if unknown:
        raise ValueError(f"options {unknown} are not known; the options are {sorted(KNOWN)}")
    if request.kind != "orders":
        raise Unsupported("signals are for vectorbt; give an order tape")
    frequency, charged = request.options.get("data_frequency", "daily"), []
    by_minute = frequency == "minute"
    strategy = Strategy(request, (request.clock * MILLI).tolist() if by_minute else None)
    slippage, commission = slippage_of(request), observed(commission_of(request), charged)

    def initialize(algo: TradingAlgorithm) -> None:
        algo.set_slippage(us_equities=slippage)
        algo.set_commission(us_equities=commission)
        algo.set_cancel_policy(POLICIES[request.options.get("cancel_policy", "never")]())

    handle = strategy.handle_minute if by_minute else strategy.handle_data
    open_market = MARKETS[frequency, request.options["route"]]
    with open_market(request, lambda days: actions_of(request, days)) as market:
        algo = simulation(request, market, initialize, handle)
        perf = run(algo)
        return tables(request, market, strategy, algo.blotter.orders, perf, charged)


def run(algo: TradingAlgorithm) -> pd.DataFrame:
    """The daily reports; returns cannot follow a day that left the account worth nothing."""
    try:
        return algo.run()
    except ZeroDivisionError as error:
        raise Refused("worth_nothing", str(error)) from error


def simulation(
    request: Request, market: Any, initialize: Callable[..., None], handle: Callable[..., None]
) -> TradingAlgorithm:
    """A simulation over all sessions of the market."""
    parameters = SimulationParameters(
        market.sessions[0],
        market.sessions[-1],
        market.calendar,
        capital_base=request.account["cash"],
        data_frequency=request.options.get("data_frequency", "daily"),
    )
    try:
        return TradingAlgorithm(
            parameters,
            data_portal=market.portal,
            initialize=initialize,
            handle_data=handle,
            benchmark_returns=pd.Series(0.0, index=market.sessions.tz_localize("UTC")),
            metrics_set={
                Transactions(),
                DailyLedgerField("portfolio.cash", "ending_cash"),
                DailyLedgerField("portfolio.portfolio_value"),
            },
        )
    except ZeroCapitalError as error:
        raise Refused("no_capital", str(error)) from error


def observed(model: CommissionModel, charged: list[float]) -> CommissionModel:
    """The model, writing down what it charges: zipline reports commissions per order only."""
    calculate = model.calculate

    def noted(order: Any, transaction: Any) -> float:
        cost = calculate(order, transaction)
        charged.append(cost)
        return cost

    model.calculate = noted
    return model


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    main(
        Peer(
            name="zipline",
            version=version("zipline-reloaded"),
            packages=(
                "zipline-reloaded",
                "exchange-calendars",
                "bcolz-zipline",
                "numpy",
                "pandas",
                "pyarrow",
            ),
            idiom=lambda options: str(options["route"]),
            play=play,
        ),
        Path(__file__).resolve(),
    )
