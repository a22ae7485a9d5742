"""The random cases of vectorbt: everything its user can set, alone and in pairs."""

from __future__ import annotations

import numpy as np

from engine.script import Account, Script
from parity.fuzz.plan import Plan, pick
from parity.fuzz.prices import PRICE_FACTORS, random_bars
from parity.fuzz.vectorbt.faults import FAULTS, OPTION_FAULTS, spoil_cells
from parity.fuzz.vectorbt.options import CALLS, CASH, DIALS, FLAG, SHARING, Settings, factors_of
from parity.fuzz.vectorbt.signals import SIGNAL_FACTORS, random_signals
from parity.fuzz.vectorbt.tape import TAPE_FACTORS, random_tape
from scenarios import Scenario

MONEY = {"ffill_val_price": FLAG, "update_value": FLAG}
# A tape fixes the rest itself.
TAPE_DIALS = [
    "fees", "fixed_fees", "slippage", "min_size", "max_size", "size_granularity", "lock_cash",
    "allow_partial", "upon_opposite_entry", "stop_exit_price", "upon_stop_exit",
    "upon_stop_update",
]  # fmt: skip
KINDS = {
    "signals": {
        **PRICE_FACTORS,
        **SIGNAL_FACTORS,
        **factors_of(list(DIALS)),
        **MONEY,
        "sharing": SHARING,
        "call_seq": CALLS,
        "cash": CASH,
    },
    "orders": {
        **PRICE_FACTORS,
        **TAPE_FACTORS,
        **factors_of(TAPE_DIALS),
        **MONEY,
        "call_seq": CALLS,
        "cash": {"ample": 40, "tight": 45, "tiny": 15},
    },
}
SHARES = {"signals": 85, "orders": 15}


def build(kind: str, plan: Plan, rng: np.random.Generator, name: str) -> Scenario:
    """A scenario of one plan; the same plan and generator state give the same one."""
    bars = random_bars(plan, rng)
    case = Settings({"sharing": "off", **plan}, rng, bars)
    script = _signals(case) if kind == "signals" else _orders(case)
    return Scenario(
        name=name,
        title=name,
        topic="live",
        rule="",
        symbols=tuple(bars["symbol"].unique(maintain_order=True)),
        bars=bars,
        script=script,
        account=Account(**case.account),
        options={"vectorbt": case.run},
        platforms={"vectorbt": ("numba", "rust")},
    )


def _signals(case: Settings) -> Script:
    fault = pick(case.rng, FAULTS)
    frame, defaults = random_signals(case)
    case.add_money()
    if fault in OPTION_FAULTS:
        option, value = OPTION_FAULTS[fault]
        case.by_bar.pop(option, None)
        case.run[option] = value
    return Script("signals", spoil_cells(fault, frame, case.rng), defaults)


def _orders(case: Settings) -> Script:
    case.add_dials(TAPE_DIALS)
    frame = random_tape(case)
    case.add_money()
    return Script("orders", frame)
