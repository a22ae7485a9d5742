"""The first bar at which two platforms part: other fills, or other equity.

Cash alone is no difference: some platforms book what a position costs only when it is closed.

Platforms add the same money in other orders, so what differs in the last digits only (1e-9 of the
money involved) is the same here. That is for this page alone: parity with a peer is to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import polars as pl

from parity.spread.side import Side
from parity.tolerance import ROUNDING, Flags, Floats, Tolerance, same

_KEYS = ["bar", "symbol", "buys"]
_SUMS = ["quantity", "value", "commission"]


def first_parting(first: Side, second: Side) -> int | None:
    """The number of the bar, or None if the two do the same throughout."""
    bars = [*differing_fills(first, second)["bar"].head(1)]
    apart = np.flatnonzero(~near(first.equity, second.equity, max(first.start, second.start)))
    return min([*bars, *apart[:1].tolist()], default=None)


def other_cash(first: Side, second: Side) -> int | None:
    """The first bar on which their cash is not the same."""
    apart = np.flatnonzero(~near(first.cash, second.cash, max(first.start, second.start)))
    return int(apart[0]) if len(apart) else None


def differing_fills(first: Side, second: Side) -> pl.DataFrame:
    """What was filled otherwise: bar, symbol, buys, and both sides' sums (null where one lacks).

    Fills of one bar, symbol and side count together, since one order may be filled in parts.
    """
    both = _sums(first.fills).join(_sums(second.fills), on=_KEYS, how="full", coalesce=True)
    lone = both["quantity"].is_null() | both["quantity_right"].is_null()
    differ: Flags = lone.to_numpy()
    for name in _SUMS:
        ours, theirs = (both[column].to_numpy() for column in (name, f"{name}_right"))
        differ = differ | ~near(ours, theirs)
    return both.filter(pl.Series(differ)).sort(*_KEYS)


def near(ours: Floats, theirs: Floats, money: float = 0.0) -> Flags:
    """The same but for rounding; sums of large amounts may come near zero, so say how large."""
    digits = Tolerance(
        ROUNDING.name,
        ROUNDING.reason,
        relative=ROUNDING.relative,
        absolute=ROUNDING.relative * abs(money),
    )
    return same(ours, theirs, digits)


def alike(sides: Iterable[Side]) -> list[list[Side]]:
    """The sides in groups that do the same from the first bar to the last, in the order given."""
    return _grouped(sides, first_parting)


def by_cash(sides: Iterable[Side]) -> list[list[Side]]:
    """The sides in groups that have the same cash throughout."""
    return _grouped(sides, other_cash)


def _grouped(sides: Iterable[Side], parts: Callable[[Side, Side], int | None]) -> list[list[Side]]:
    groups: list[list[Side]] = []
    for side in sides:
        home = next((group for group in groups if parts(group[0], side) is None), None)
        if home is None:
            groups.append([side])
        else:
            home.append(side)
    return groups


def _sums(fills: pl.DataFrame) -> pl.DataFrame:
    told = fills.with_columns(
        buys=pl.col("quantity") > 0, value=pl.col("quantity") * pl.col("price")
    )
    return told.group_by(_KEYS).agg(pl.col(_SUMS).sum())
