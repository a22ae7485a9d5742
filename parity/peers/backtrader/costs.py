"""Brokers, commissions, fillers and sizers as the options name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import backtrader as bt

BROKER = {
    "checksubmit": True,
    "shortcash": True,
    "slip_perc": None,
    "slip_fixed": 0.0,
    "slip_open": True,
    "slip_limit": True,
    "slip_match": True,
    "slip_out": False,
}
RUN = {
    "idiom": "siblings",
    "cheat_on_open": False,
    "cheat_on_close": False,
    "filler": "none",
    "filler_size": 0.0,
    "filler_perc": 100.0,
    "filler_minmov": 0.0,
    "sizer": "none",
    "sizer_stake": 1.0,
    "sizer_percents": 20.0,
}
PER_SYMBOL = {
    "commission": None,
    "margin": 0.0,
    "mult": 1.0,
    "commtype": "auto",
    "percabs": True,
    "stocklike": False,
    "leverage": 1.0,
    "automargin": 0.0,
}
KNOWN = {**BROKER, **RUN, **PER_SYMBOL}
COMMTYPES = {
    "auto": None,
    "percent": bt.CommInfoBase.COMM_PERC,
    "fixed": bt.CommInfoBase.COMM_FIXED,
}


class WithFee(bt.CommInfoBase):
    """The usual scheme and a fee on top, for each part of an execution that closes or opens."""

    params = (("fee", 0.0),)

    def _getcommission(self, size: float, price: float, pseudoexec: bool) -> float:
        return super()._getcommission(size, price, pseudoexec) + self.p.fee


class Affordable(bt.Sizer):
    """The size that was wanted; a buy is cut down to what the cash buys at the close."""

    def _getsizing(self, comminfo: Any, cash: float, data: Any, isbuy: bool) -> float:
        wanted = self.strategy.wanted
        return max(0, min(wanted, comminfo.getsize(data.close[0], cash))) if isbuy else wanted


def broker_of(options: Mapping[str, Any], account: Mapping[str, float]) -> bt.brokers.BackBroker:
    """The broker with its money, slippage, checks and filler."""
    chosen = {name: options.get(name, default) for name, default in BROKER.items()}
    if chosen["slip_perc"] is None:
        chosen["slip_perc"] = account["slippage"]
    return bt.brokers.BackBroker(
        cash=account["cash"],
        coc=options.get("cheat_on_close", False),
        filler=filler_of(options),
        **chosen,
    )


def filler_of(options: Mapping[str, Any]) -> Any:
    """The filler that cuts executions down to a part of the bar's volume, if any."""
    given = {name: options.get(name, default) for name, default in RUN.items()}
    return {
        "none": lambda: None,
        "fixed_size": lambda: bt.fillers.FixedSize(size=given["filler_size"]),
        "fixed_bar_perc": lambda: bt.fillers.FixedBarPerc(perc=given["filler_perc"]),
        "bar_point_perc": lambda: bt.fillers.BarPointPerc(
            minmov=given["filler_minmov"], perc=given["filler_perc"]
        ),
    }[given["filler"]]()


def scheme_of(
    options: Mapping[str, Any], account: Mapping[str, float], column: int
) -> bt.CommInfoBase:
    """The commission scheme of one symbol."""
    chosen = {}
    for name, default in PER_SYMBOL.items():
        value = options.get(name, default)
        chosen[name] = value[column] if isinstance(value, list) else value
    if chosen["commission"] is None:
        chosen["commission"] = account["commission"]
    chosen["commtype"] = COMMTYPES[chosen["commtype"]]
    if account["fixed"]:
        return WithFee(fee=account["fixed"], **chosen)
    return bt.CommInfoBase(**chosen)


def sizer_of(options: Mapping[str, Any]) -> tuple[Any, dict[str, Any]] | None:
    """The sizer that takes the place of the tape's own sizes, if any."""
    stake = {"stake": options.get("sizer_stake", RUN["sizer_stake"])}
    percents = {"percents": options.get("sizer_percents", RUN["sizer_percents"])}
    return {
        "none": None,
        "fixed": (bt.sizers.FixedSize, stake),
        "reverser": (bt.sizers.FixedReverser, stake),
        "percent": (bt.sizers.PercentSizer, percents),
        "percent_int": (bt.sizers.PercentSizerInt, percents),
        "all_in": (bt.sizers.AllInSizer, {}),
        "all_in_int": (bt.sizers.AllInSizerInt, {}),
        "affordable": (Affordable, {}),
    }[options.get("sizer", RUN["sizer"])]
