"""The random cases of backtesting.py: everything a tape can ask of it, alone and in pairs."""

from __future__ import annotations

import numpy as np

from engine.script import Account, Script
from parity.fuzz.backtesting_py.options import FAULTS, OPTION_FACTORS, account_of, options_of
from parity.fuzz.backtesting_py.tape import FOREIGN, TAPE_FACTORS, random_tape
from parity.fuzz.plan import Plan, pick
from parity.fuzz.prices import PRICE_FACTORS, random_bars
from scenarios import Scenario

BARS = {name: PRICE_FACTORS[name] for name in ("length", "style", "odd_bars", "volume")}
# One symbol and whole bars, but for a few cases that it refuses or cannot express.
RARE = {
    "symbols": {"1": 99, "2": 1},
    "holes": {"none": 97, "close": 1, "open": 1, "high_low": 1},
    "foreign": {"none": 12 * len(FOREIGN), **dict.fromkeys(FOREIGN, 1)},
    "fault": {"none": 20 * len(FAULTS), **dict.fromkeys(FAULTS, 1)},
}
KINDS = {"orders": {**BARS, **TAPE_FACTORS, **OPTION_FACTORS}}
SHARES = {"orders": 1}


def build(kind: str, plan: Plan, rng: np.random.Generator, name: str) -> Scenario:
    """A scenario of one plan; the same plan and generator state give the same one."""
    plan = {**plan, **{name: pick(rng, levels) for name, levels in RARE.items()}}
    bars = random_bars(plan, rng)
    price = float(np.nanmedian(bars["close"].to_numpy()))
    account = account_of(plan, rng, price)
    return Scenario(
        name=name,
        title=name,
        topic="live",
        rule="",
        symbols=tuple(bars["symbol"].unique(maintain_order=True)),
        bars=bars,
        script=Script("orders", random_tape(plan, rng, bars, account["cash"] / price)),
        account=Account(**account),
        options={"backtesting_py": options_of(plan)},
        platforms={"backtesting_py": ("tape",)},
    )
