"""Play requests with vectorbt's ``Portfolio.from_signals`` and record what it did.

A request's columns are its symbols, its rows the union of all bar times. Signals go in as they are;
an order tape goes in the way users turn one into signals: shifted one bar and filled at the open.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import vectorbt as vbt
from vectorbt.portfolio import enums
from vectorbt.utils.enum_ import map_enum_fields

# Appended, never put first: beside wire.py lies a folder that is called vectorbt too.
sys.path.append(str(Path(__file__).resolve().parents[1]))

from accounts import accounts, sharing
from ledger import tables
from tape import shifted
from wire import Peer, Refused, Request, Unsupported, main, spread

NAN, INF = float("nan"), float("inf")

NUMBERS = {
    "fees": 0.0,
    "fixed_fees": 0.0,
    "slippage": 0.0,
    "min_size": 1e-8,
    "max_size": INF,
    "size_granularity": NAN,
    "val_price": INF,
}
FLAGS = {"lock_cash": False, "allow_partial": True, "raise_reject": False}
CHOICES = {
    "size_type": (enums.SizeType, "amount"),
    "accumulate": (enums.AccumulationMode, False),
    "upon_long_conflict": (enums.ConflictMode, "ignore"),
    "upon_short_conflict": (enums.ConflictMode, "ignore"),
    "upon_dir_conflict": (enums.DirectionConflictMode, "ignore"),
    "upon_opposite_entry": (enums.OppositeEntryMode, "reversereduce"),
    "stop_entry_price": (enums.StopEntryPrice, "close"),
    "stop_exit_price": (enums.StopExitPrice, "stoplimit"),
    "upon_stop_exit": (enums.StopExitMode, "close"),
    "upon_stop_update": (enums.StopUpdateMode, "override"),
}
RUN = {"call_seq": "default", "ffill_val_price": True, "update_value": False}
ACCOUNT = {"fees": "commission", "fixed_fees": "fixed", "slippage": "slippage"}
OTHERS = {"direction", "init_cash", "cash_sharing", "group_by", "engine"}
KNOWN = {*NUMBERS, *FLAGS, *CHOICES, *RUN, *OTHERS}

# vectorbt says why it stops a run in words only, and its two engines raise different classes.
REFUSALS = {
    "order.price must be finite and greater": "price_not_positive",
    "Stop value must be 0 or greater": "stop_negative",
    "Negative size": "size_negative",
    "Percent does not support position reversal": "percent_reversal",
    "long direction infinitely": "long_infinite",
    "short direction infinitely": "short_infinite",
    "val_price_now must be finite": "val_price_not_positive",
    "order.fees must be finite": "fees_not_finite",
    "order.fixed_fees must be finite": "fixed_fees_not_finite",
    "order.slippage": "slippage_invalid",
    "order.min_size": "min_size_invalid",
    "order.max_size": "max_size_invalid",
    "order.size_granularity": "granularity_invalid",
    "Only SizeType": "size_type_unsupported",
    "free_cash cannot be NaN": "free_cash_nan",
    "cash cannot be NaN and": "cash_negative",
    "but order.direction is": "position_sign",
    "position must be finite": "position_not_finite",
    "debt must be finite": "debt_negative",
    "division by zero": "division_by_zero",
}


def play(request: Request) -> dict[str, pa.Table]:
    """One backtest: the request as a call, then its records as tables."""
    unknown = sorted(set(request.options) - KNOWN)
    if unknown:
        raise ValueError(f"options {unknown} are not known; the options are {sorted(KNOWN)}")
    call = tape_call(request) if request.kind == "orders" else signals_call(request)
    portfolio = simulate(call)
    return tables(request, portfolio)


def simulate(call: Mapping[str, Any]) -> vbt.Portfolio:
    """Run vectorbt; what its own rules forbid is a refusal, anything else is a fault."""
    try:
        return vbt.Portfolio.from_signals(**call)
    except Exception as error:
        for text, reason in REFUSALS.items():
            if text in str(error):
                raise Refused(reason, str(error)) from error
        if type(error).__name__ == "RejectedOrderError":
            raise Refused("rejected", str(error)) from error
        raise


def base_call(request: Request) -> dict[str, Any]:
    """What both kinds pass alike: prices, costs, limits, modes and money."""
    cells = request.shape[0] * request.shape[1]
    clock = pd.to_datetime(request.clock, unit="ms", utc=True)
    market = request.market
    call = {
        "close": pd.DataFrame(market["close"], index=clock, columns=list(request.symbols)),
        **{name: market[name] for name in ("open", "high", "low")},
        "log": np.array([[True]]),
        "max_orders": cells,
        "max_logs": cells,
        "reject_prob": np.array([[0.0]]),
        "engine": request.options["engine"],
    }
    for name, default in NUMBERS.items():
        start = request.account[ACCOUNT[name]] if name in ACCOUNT else default
        call[name] = option(request, name, start).astype(np.float64)
    for name, default in FLAGS.items():
        call[name] = option(request, name, default).astype(np.bool_)
    for name in CHOICES:
        call[name] = choice(request, name)
    for name, default in RUN.items():
        call[name] = request.options.get(name, default)
    return {**call, **money(request)}


def money(request: Request) -> dict[str, Any]:
    """Cash as float, because vectorbt reads the integers 0 and 1 as modes of its own."""
    cash = request.options.get("init_cash", request.account["cash"])
    if not isinstance(cash, str):
        cash = np.array(np.broadcast_to(np.asarray(cash, np.float64), len(accounts(request))))
    labels = request.options.get("group_by")
    return {
        "init_cash": cash,
        "cash_sharing": sharing(request),
        "group_by": None if labels is None else pd.Index(labels),
    }


def signals_call(request: Request) -> dict[str, Any]:
    """Signals as they are; ``direction`` puts vectorbt into its two-signal mode."""
    call = base_call(request)
    call.update(stops(request), price=price(request))
    call["size"] = spread(request, "size", request.defaults.get("size", INF)).astype(np.float64)
    flags = {
        name: np.broadcast_to(spread(request, name, False), request.shape).astype(np.bool_)
        for name in ("entry", "exit", "short_entry", "short_exit")
    }
    call.update(entries=flags["entry"], exits=flags["exit"])
    if (
        "direction" not in request.options
        and "vectorbt.direction" not in request.script.column_names
    ):
        return {**call, "short_entries": flags["short_entry"], "short_exits": flags["short_exit"]}
    if flags["short_entry"].any() or flags["short_exit"].any():
        raise ValueError("direction has no effect with short signals; give one or the other")
    return {**call, "direction": coded(option(request, "direction", "longonly"), enums.Direction)}


def tape_call(request: Request) -> dict[str, Any]:
    """Orders as signals of the next bar at its open; children become that entry's stops."""
    call = base_call(request)
    tape = shifted(request)
    call.update(
        entries=tape.buys,
        exits=np.zeros(request.shape, dtype=np.bool_),
        short_entries=tape.sells,
        short_exits=np.zeros(request.shape, dtype=np.bool_),
        size=tape.sizes,
        size_type=np.array([[enums.SizeType.Amount]]),
        price=request.market["open"],
        accumulate=np.array([[enums.AccumulationMode.Both]]),
        sl_stop=tape.stop_losses,
        sl_trail=tape.trailing,
        tp_stop=tape.take_profits,
        stop_entry_price=np.array([[enums.StopEntryPrice.Price]]),
    )
    return call


def price(request: Request) -> np.ndarray:
    """The price asked for: "close" is vectorbt's default, "open" the bar's own opens."""
    default = request.defaults.get("price", "close")
    named = {"close": INF, "open": request.market["open"]}
    start = named[default] if isinstance(default, str) else default
    return spread(request, "price", start).astype(np.float64)


def stops(request: Request) -> dict[str, np.ndarray]:
    """A fixed and a trailing stop share vectorbt's one stop-loss slot."""
    fixed, trailing, target = (
        spread(request, name, request.defaults.get(name, NAN)).astype(np.float64)
        for name in ("stop_loss", "trailing_stop", "take_profit")
    )
    trails = ~np.isnan(trailing)
    if (trails & ~np.isnan(fixed)).any():
        raise Unsupported(
            "vectorbt has one stop-loss slot: a fixed and a trailing stop cannot be set together"
        )
    return {
        "sl_stop": np.where(trails, trailing, fixed),
        "sl_trail": trails,
        "tp_stop": target,
    }


def option(request: Request, name: str, default: Any) -> np.ndarray:
    """A script column over the scenario's option over the default."""
    return spread(request, f"vectorbt.{name}", request.options.get(name, default))


def choice(request: Request, name: str) -> np.ndarray:
    """A mode of vectorbt's, as its numbers."""
    enum, default = CHOICES[name]
    return coded(option(request, name, default), enum)


def coded(values: np.ndarray, enum: Any) -> np.ndarray:
    """Texts as vectorbt's own numbers: one dtype, so that its simulator compiles once."""
    if values.dtype != object:
        return values.astype(np.int64)
    codes = np.empty(values.shape, dtype=np.int64)
    for value in set(values.ravel().tolist()):
        code = map_enum_fields(value, enum) if isinstance(value, str) else int(value)
        codes[values == value] = code
    return codes


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    vbt.settings.caching["enabled"] = False
    main(
        Peer(
            name="vectorbt",
            version=vbt.__version__,
            packages=("vectorbt", "vectorbt-rust", "numba", "numpy", "pandas", "pyarrow"),
            idiom=lambda options: str(options["engine"]),
            play=play,
        ),
        Path(__file__).resolve(),
    )
