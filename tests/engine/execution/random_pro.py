"""Random requests over every option of VectorBT Pro's model, and pairs for the open edition's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from random_requests import FRACTIONS, random_request, vary

from engine.execution.records import Request
from engine.execution.vectorbt.options import Choice, Flag
from engine.execution.vectorbt_pro.options import OPEN_EDITION, PER_COLUMN

NUMBERS = {
    "fees": [0.0, 0.001, 0.01],
    "fixed_fees": [0.0, 0.5],
    "slippage": [0.0, 0.001, 0.05],
    "min_size": [0.0, 1e-8, 1.0],
    "tsl_th": [0.0, 0.01, 0.05],
    "reentry_bars": [0, 1, 2, 5],
}
# What both editions have; the rest of the options of either is left alone.
SHARED = (
    "direction", "fees", "fixed_fees", "slippage", "min_size", "upon_long_conflict",
    "upon_short_conflict", "upon_dir_conflict", "upon_opposite_entry",
)  # fmt: skip
EXITS = {
    "stoplimit": {"stop_slippage": "none"},
    "stopmarket": {"stop_slippage": "all"},
    "close": {"stop_slippage": "all", "stop_fill": "close"},
}


def random_pro(seed: int) -> Request:
    """All three stops with some chance, every option with one half."""
    request = random_request(seed)
    rng = np.random.default_rng([7, seed])
    bars, columns = len(request.market.open), len(request.symbols)
    options: dict[str, Any] = {}
    for name, option in PER_COLUMN.items():
        if name == "direction" or rng.random() < 0.5:
            continue
        values: Any = NUMBERS.get(name)
        if isinstance(option, Choice):
            values = option.words
        elif isinstance(option, Flag):
            values = [False, True]
        one = values[rng.integers(len(values))]
        options[name] = rng.choice(np.array(values), size=columns) if rng.random() < 0.3 else one
    values = {"price": "open", **request.values}
    for name in ("stop_loss", "trailing_stop", "take_profit"):
        values.pop(name, None)
        if rng.random() < 0.7:
            values[name] = vary(rng, FRACTIONS, bars, columns)
    if rng.random() < 0.5:
        values["size"] = np.inf
    return replace(request, options=options, values=values)


def random_pair(seed: int) -> tuple[Request, Request]:
    """A request for the open edition, and the same for Pro's model under the options that say it.

    Left out is what only one of them has: accumulation, sizes in value or percent, shared cash,
    lots, options that vary by bar.
    """
    request = random_request(seed)
    rng = np.random.default_rng([8, seed])
    values = {"price": "close", **request.values}
    if np.ndim(values["price"]) == 2:
        # A numeric -inf is the close before where there is no open; Pro's model has no such rule.
        values["price"] = np.where(values["price"] == -np.inf, np.nan, values["price"])
    shared = {
        name: request.options[name]
        for name in SHARED
        if name in request.options and np.ndim(request.options[name]) < 2
    }
    shared["stop_entry_price"] = str(rng.choice(["close", "price", "fillprice"]))
    leaves = str(rng.choice(list(EXITS)))
    return (
        replace(request, values=values, options={**shared, "stop_exit_price": leaves}),
        replace(request, values=values, options={**shared, **OPEN_EDITION, **EXITS[leaves]}),
    )
