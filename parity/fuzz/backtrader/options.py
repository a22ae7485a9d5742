"""What a backtrader user can set, and the values random cases give it."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.fuzz.plan import Plan

Scalar = bool | int | float | str
Levels = dict[str, tuple[Scalar, ...]]


def _words(*words: str) -> Levels:
    return {word: (word,) for word in words}


FLAG: Levels = {"on": (True,), "off": (False,)}
# Option -> level -> the values the level draws from.
WHOLE_RUN: dict[str, Levels] = {
    "cheat_on_open": FLAG,
    "cheat_on_close": FLAG,
    "checksubmit": FLAG,
    "shortcash": FLAG,
    "slip_perc": {"small": (0.001, 0.0005), "large": (0.03, 0.1)},
    "slip_fixed": {"small": (0.01, 0.001), "large": (0.5, 2.0)},
    "slip_open": FLAG,
    "slip_limit": FLAG,
    "slip_match": FLAG,
    "slip_out": FLAG,
    "filler": _words("fixed_size", "fixed_bar_perc", "bar_point_perc"),
    "filler_size": {"small": (1.0, 2.5), "large": (40.0,), "none": (0.0,)},
    "filler_perc": {"small": (0.5, 1.0, 10.0), "large": (33.3, 100.0)},
    "filler_minmov": {"fine": (0.01,), "coarse": (0.5, 1.0)},
    "sizer": _words(
        "fixed", "reverser", "percent", "percent_int", "all_in", "all_in_int", "affordable"
    ),
    "sizer_stake": {"small": (0.5, 1.0), "large": (7.0,)},
    "sizer_percents": {"small": (5.0, 33.3), "large": (95.0, 150.0)},
}
PER_SYMBOL: dict[str, Levels] = {
    "commission": {"small": (0.001, 0.0025), "large": (0.05,), "negative": (-0.001,)},
    "margin": {"small": (1.0, 5.0), "large": (50.0,)},
    "mult": {"large": (10.0, 2.5), "small": (0.5,)},
    "commtype": _words("auto", "percent", "fixed"),
    "percabs": FLAG,
    "stocklike": FLAG,
    "leverage": {"large": (2.0, 10.0), "small": (0.5,)},
    "automargin": {"price": (-1.0,), "share": (0.1, 0.5)},
}
# Left alone in most plans, because they change most of what follows.
RARE = {
    "sizer": 30, "filler": 14, "margin": 16, "commtype": 12, "automargin": 14, "leverage": 14,
    "checksubmit": 6, "shortcash": 6, "cheat_on_open": 8, "cheat_on_close": 8,
}  # fmt: skip

OPTION_FACTORS: dict[str, dict[str, int]] = {
    name: {"-": RARE.get(name, 3 * len(levels)), **dict.fromkeys(levels, 2)}
    for name, levels in {**WHOLE_RUN, **PER_SYMBOL}.items()
} | {
    "cash": {"ample": 30, "tight": 50, "tiny": 15, "debt": 2, "none": 1},
    "costs": {"none": 30, "commission": 30, "fixed": 15, "slippage": 15, "all": 10},
}
CASH = {"ample": 1e5, "tight": 100.0, "tiny": 3.0, "debt": -50.0, "none": 0.0}


def random_options(plan: Plan, rng: np.random.Generator) -> dict[str, Any]:
    """The options of one plan; those of a symbol once for all, or one for each."""
    options: dict[str, Any] = {}
    symbols = int(plan["symbols"])
    for name, levels in {**WHOLE_RUN, **PER_SYMBOL}.items():
        if plan[name] == "-":
            continue
        own = levels[plan[name]]
        every = [value for values in levels.values() for value in values]
        if name in PER_SYMBOL and rng.random() < 0.4:
            drawn = own if rng.random() < 0.5 else every
            options[name] = [_one(drawn, rng) for _ in range(symbols)]
        else:
            options[name] = _one(own, rng)
    return options


def random_account(plan: Plan, rng: np.random.Generator) -> dict[str, float]:
    """Cash and costs."""
    costs = plan["costs"]
    account = {"cash": CASH[plan["cash"]]}
    if costs in ("commission", "all"):
        account["commission"] = float(rng.choice([0.001, 0.0025, 1 / 3000, 0.02]))
    if costs in ("fixed", "all"):
        account["fixed"] = float(rng.choice([0.01, 0.5, 5.0]))
    if costs in ("slippage", "all"):
        account["slippage"] = float(rng.choice([0.001, 0.0005, 0.02]))
    return account


def _one(values: Any, rng: np.random.Generator) -> Scalar:
    chosen: Scalar = values[int(rng.integers(len(values)))]
    return chosen
