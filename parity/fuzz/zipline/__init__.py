"""The random cases of zipline: every kind of order, every model its user can choose."""

from __future__ import annotations

import numpy as np

from engine.script import Account, Script
from parity.fuzz.plan import Plan
from parity.fuzz.prices import PRICE_FACTORS, random_bars
from parity.fuzz.zipline.options import OPTION_FACTORS, Settings
from parity.fuzz.zipline.tape import TAPE_FACTORS, random_tape
from parity.fuzz.zipline.volume import VOLUME_FACTORS, with_volume
from scenarios import Scenario

KINDS = {
    "orders": {
        **PRICE_FACTORS,
        **VOLUME_FACTORS,
        **TAPE_FACTORS,
        **OPTION_FACTORS,
    }
}
SHARES = {"orders": 1}


def build(_kind: str, plan: Plan, rng: np.random.Generator, name: str) -> Scenario:
    """A scenario of one plan; the same plan and generator state give the same one."""
    bars = with_volume(random_bars(plan, rng), plan, rng)
    settings = Settings(plan, rng, bars)
    frame = random_tape(plan, rng, bars, settings.wealth)
    settings.draw()
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
