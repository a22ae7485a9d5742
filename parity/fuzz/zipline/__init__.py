"""The random cases of zipline: every kind of order, every model its user can choose."""

from __future__ import annotations

import numpy as np

from engine.script import Account, Script
from parity.fuzz.plan import Plan
from parity.fuzz.prices import PRICE_FACTORS, random_bars
from parity.fuzz.zipline.minutes import MINUTE_FACTORS, on_minutes
from parity.fuzz.zipline.options import OPTION_FACTORS, Settings
from parity.fuzz.zipline.tape import TAPE_FACTORS, random_tape
from parity.fuzz.zipline.volume import VOLUME_FACTORS, with_volume
from scenarios import Scenario

DAILY = {**PRICE_FACTORS, **VOLUME_FACTORS, **TAPE_FACTORS, **OPTION_FACTORS}
KINDS = {"orders": DAILY, "minutes": {**DAILY, **MINUTE_FACTORS}}
SHARES = {"orders": 1, "minutes": 1}


def build(kind: str, plan: Plan, rng: np.random.Generator, name: str) -> Scenario:
    """A scenario of one plan; the same plan and generator state give the same one."""
    bars = with_volume(random_bars(plan, rng), plan, rng)
    if kind == "minutes":
        bars = on_minutes(bars, plan, rng)
    settings = Settings(plan, rng, bars)
    frame = random_tape(plan, rng, bars, settings.wealth)
    settings.draw()
    if kind == "minutes":
        settings.minutes()
    else:
        settings.delisting()
    return Scenario(
        name=name,
        title=name,
        topic="live",
        rule="",
        symbols=tuple(bars["symbol"].unique(maintain_order=True)),
        bars=bars,
        script=Script("orders", frame),
        account=Account(**settings.account),
        options={"zipline": settings.run},
        platforms={"zipline": ("exact", "bundle")},
    )
