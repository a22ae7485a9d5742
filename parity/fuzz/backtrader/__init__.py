"""The random cases of backtrader: order tapes with everything its user can set."""

from __future__ import annotations

import numpy as np

from engine.script import Account, Script
from parity.fuzz.backtrader.options import OPTION_FACTORS, random_account, random_options
from parity.fuzz.backtrader.tape import TAPE_FACTORS, random_tape
from parity.fuzz.plan import Plan
from parity.fuzz.prices import PRICE_FACTORS, random_bars
from scenarios import Scenario

KINDS = {"orders": {**PRICE_FACTORS, **TAPE_FACTORS, **OPTION_FACTORS}}
SHARES = {"orders": 1}


def build(kind: str, plan: Plan, rng: np.random.Generator, name: str) -> Scenario:
    """A scenario of one plan; the same plan and generator state give the same one."""
    bars = random_bars({**plan, "holes": _holes(plan, rng)}, rng)
    account = random_account(plan, rng)
    options = random_options(plan, rng)
    tape = random_tape(plan, rng, bars, account["cash"])
    return Scenario(
        name=name,
        title=name,
        topic="live",
        rule="",
        symbols=tuple(bars["symbol"].unique(maintain_order=True)),
        bars=bars,
        script=Script(kind, tape),  # type: ignore[arg-type]
        account=Account(**account),
        options={"backtrader": options},
        platforms={"backtrader": ("siblings", "bracket")},
    )


def _holes(plan: Plan, rng: np.random.Generator) -> str:
    """Missing prices in half of the cases that ask for them, since one fill at none ends the story.

    A short at no price, held over midnight, is charged an interest of zero times NaN: only the
    longest bars see a midnight.
    """
    if plan["holes"] == "absent":
        return "absent"
    return "none" if plan["length"] == "blocks" or rng.random() < 0.5 else plan["holes"]
