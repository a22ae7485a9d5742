"""Splits and dividends: what happens to orders, positions and cash before a bar begins.

They are rare and round as Python does, so they are plain Python between two runs of the loop.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.execution.records import BadOption, Request
from engine.execution.zipline.account import forget
from engine.execution.zipline.book import complete, sweep
from engine.execution.zipline.clock import Clock
from engine.execution.zipline.state import Work


@dataclass(frozen=True, slots=True)
class Split:
    """From ``bar`` on one old share is ``1 / ratio`` new ones, at ``ratio`` times the price."""

    column: int
    bar: int
    ratio: float


@dataclass(frozen=True, slots=True)
class Dividend:
    """Who holds shares when ``ex`` begins is paid when ``pay`` begins; -1 is never."""

    column: int
    bar: int
    pay: int
    amount: float


@dataclass(frozen=True, slots=True)
class Actions:
    """All of a run, by symbol and then by bar; ``owed`` gathers what is due, by its bar."""

    splits: tuple[Split, ...]
    dividends: tuple[Dividend, ...]
    owed: dict[int, list[float]] = field(default_factory=dict)

    def bars(self) -> list[int]:
        """The bars before which something happens, rising."""
        days = {split.bar for split in self.splits}
        days |= {day for each in self.dividends for day in (each.bar, each.pay) if day >= 0}
        return sorted(days)


def actions_of(request: Request, clock: Clock) -> Actions:
    """Read ``splits`` ("bar:ratio") and ``dividends`` ("ex-bar:pay-bar:amount").

    What happens on a bar happens before the first bar of its session.
    """
    splits = [
        Split(column, bar_of(parts[0], clock), positive("splits", parts[1]))
        for column, parts in entries(request, "splits", 2)
    ]
    dividends = [
        Dividend(
            column,
            bar_of(parts[0], clock),
            -1 if parts[1] == "never" else bar_of(parts[1], clock),
            positive("dividends", parts[2]),
        )
        for column, parts in entries(request, "dividends", 3)
    ]
    check_rising("splits", [(split.column, split.bar) for split in splits])
    check_rising("dividends", [(dividend.column, dividend.bar) for dividend in dividends])
    return Actions(tuple(splits), tuple(dividends))


def check_rising(name: str, places: list[tuple[int, int]]) -> None:
    """zipline looks no further than the first entry after the bar it asks about."""
    if places != sorted(places):
        raise BadOption(f"{name} of a symbol must rise in time")


def entries(request: Request, name: str, parts: int) -> Iterator[tuple[int, list[str]]]:
    """The entries of every symbol, cut into their parts."""
    given = request.options.get(name, "")
    texts = given if isinstance(given, list) else [given] * len(request.symbols)
    for column, text in enumerate(texts):
        for entry in text.split() if isinstance(text, str) else [repr(text)]:
            cut = entry.split(":")
            if len(cut) != parts:
                raise BadOption(f"{name} has {entry!r}; an entry has {parts} parts, as in 3:0.5")
            yield column, cut


def bar_of(text: str, clock: Clock) -> int:
    """The first bar of the session of a bar, which is counted from 0."""
    bars = len(clock.first)
    if not text.isdecimal() or int(text) >= bars:
        raise BadOption(f"there is no bar {text!r}; the bars are 0 to {bars - 1}")
    return int(clock.first[int(text)])


def positive(name: str, text: str) -> float:
    """A finite number above zero."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise BadOption(f"{name} has {text!r}; it is a number above zero")
    return value


def begin(t: int, actions: Actions, work: Work) -> None:
    """What comes before a bar: dividends are earned, then paid; then shares are split."""
    progress = work.progress[0]
    held = work.held[: progress["held"]].tolist()
    for dividend in actions.dividends:
        if dividend.bar == t and dividend.column in held:
            due = int(work.columns[dividend.column]["position"]) * dividend.amount
            actions.owed.setdefault(dividend.pay, []).append(due)
    progress["cash"] += sum(actions.owed.pop(t, []), 0.0)
    today = [split for split in actions.splits if split.bar == t]
    if today:
        split_orders(today, work)
        cash = sum(split_position(split, work) for split in today)
        progress["cash"] += cash


def split_orders(splits: list[Split], work: Work) -> None:
    """What is left of an order and what was filled are cut to whole shares apart, prices to cents.

    An order that is left with nothing counts as filled.
    """
    for split in splits:
        row = int(work.columns[split.column]["head"])
        while row >= 0:
            order = work.orders[row]
            following = int(order["after"])
            amount, filled = int(order["amount"]), int(order["filled"])
            order["filled"] = int(filled / split.ratio)
            order["amount"] = int(order["filled"]) + int((amount - filled) / split.ratio)
            for price in ("limit", "stop"):
                if not math.isnan(order[price]):
                    order[price] = round(float(order[price]) * split.ratio, 2)
            if order["amount"] == order["filled"]:
                complete(row, split.column, work)
            row = following
    sweep(work)


def split_position(split: Split, work: Work) -> float:
    """Whole shares stay, the rest is paid out at the new cost of a share; both are cut to cents."""
    state = work.columns[split.column]
    if state["position"] == 0:
        return 0.0
    shares = int(state["position"]) / split.ratio
    whole = math.trunc(shares)
    basis = round(float(state["cost_basis"]) * split.ratio, 2)
    state["cost_basis"] = basis
    state["position"] = whole
    if whole == 0:
        forget(split.column, work)
    return round((shares - whole) * basis, 2)
