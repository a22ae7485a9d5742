"""The model on a capture, under many readings at once: each a column of one request."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.execution.records import Market, Marks, Request
from engine.execution.vectorbt_pro import DEFAULTS, fill
from parity.captures.read import Capture
from parity.diagnose.rules import READINGS
from parity.peers.vectorbt_pro.captures import CAPTURES

# Every rule that captures ask about, and the readings that they can tell apart.
POSSIBLE: Mapping[str, tuple[Any, ...]] = {
    **{
        rule: tuple(values)
        for rule, values in READINGS.items()
        if rule not in ("fees", "slippage", "reentry_bars")
    },
    "reentry_bars": (0, 1, 2, 3, 5),
    "upon_long_conflict": ("ignore", "entry", "exit"),
    "upon_dir_conflict": ("ignore", "long", "short", "opposite"),
    "min_size": (1e-8, 0.0),
}
# A platform's numbers went through its own arithmetic; nine digits tell any two readings apart.
NEAR = 1e-9

Settings = tuple[Any, ...]


def settings_of(asks: Sequence[str]) -> list[Settings]:
    """Every combination of readings of the rules a capture asks about."""
    return list(itertools.product(*(POSSIBLE[rule] for rule in asks)))


def explaining(capture: Capture) -> set[Settings]:
    """The readings under which the model gives the platform's orders."""
    return {setting for setting, fills in candidates(capture.name) if same(capture.orders, fills)}


@functools.cache
def candidates(name: str) -> list[tuple[Settings, NDArray[Any]]]:
    """The fills of a story under every reading of the rules it asks about."""
    story = CAPTURES[name]
    every = settings_of(story["asks"])
    fills = played(story, story["asks"], every)
    cuts = np.searchsorted(fills["column"], np.arange(1, len(every)))
    return list(zip(every, np.split(fills, cuts), strict=True))


def played(
    story: Mapping[str, Any], rules: Sequence[str], settings: Sequence[Settings]
) -> NDArray[Any]:
    """The fills of a story under each setting of some rules; the other rules are the defaults."""
    args = story["args"]
    prices = np.array(story["bars"], dtype=np.float64)[:, :, None]
    columns = len(settings)
    options: dict[str, Any] = {"tsl_th": args.get("tsl_th", 0.0)}
    options["entry_price"] = args["price"] or "close"
    options |= {rule: [one[place] for one in settings] for place, rule in enumerate(rules)}
    if args["price"]:
        # The story names its price, so the rule about one that is left out does not matter.
        options["entry_price"] = args["price"]
    return fill(
        Request(
            market=Market(*(prices[:, place] for place in (0, 1, 2, 3, 3))),
            symbols=tuple(map(str, range(columns))),
            cash=args["init_cash"],
            commission=args.get("fees", 0.0),
            fixed=0.0,
            slippage=args.get("slippage", 0.0),
            marks={name: tiled(bars, columns) for name, bars in story["signals"].items()},
            values={
                "size": np.inf if args["size"] is None else args["size"],
                "stop_loss": args.get("sl_stop", np.nan),
                "trailing_stop": args.get("tsl_stop", np.nan),
                "take_profit": args.get("tp_stop", np.nan),
            },
            options=options,
        )
    )


def tiled(bars: Sequence[int], columns: int) -> Marks:
    """The same bars for every column."""
    own = np.array(bars, dtype=np.int64)
    return Marks(np.arange(columns + 1) * len(own), np.tile(own, columns))


def same(orders: pl.DataFrame, fills: NDArray[Any]) -> bool:
    """The same bars and, to nine digits, the same quantities, prices and fees."""
    if orders.height != len(fills) or not np.array_equal(orders["bar"].to_numpy(), fills["bar"]):
        return False
    pairs = (("quantity", "quantity"), ("price", "price"), ("fees", "commission"))
    return all(
        np.allclose(orders[theirs].to_numpy(), fills[ours], rtol=NEAR, atol=1e-12)
        for theirs, ours in pairs
    )


def default_of(rule: str) -> Any:
    """What the model does where nobody says otherwise; a price that is left out is the open."""
    return "open" if rule == "entry_price" else DEFAULTS[rule]
