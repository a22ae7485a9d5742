"""A scenario on one platform, looked at closely: the bars that matter and both ledgers there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from engine.errors import InputError
from engine.schema import TABLES
from parity.check import stored
from parity.divergence import Divergence
from parity.match import SHAPES, match
from parity.outcome import Missing, Outcome, Recorded
from parity.platforms import Platform
from parity.replay import replay
from scenarios import Scenario

Tables = Mapping[str, pl.DataFrame]

# Bars before and after the one that matters.
RADIUS = 5


def look(
    scenario: Scenario, platform: Platform, cause: Divergence | None, root: Path
) -> dict[str, Any]:
    """Load the reference, play the replay, and view both; a side that fails has no rows."""
    return view(
        scenario,
        platform,
        reference=_side(lambda: stored(root, scenario, platform)),
        replay=_side(lambda: replay(scenario, platform)),
        cause=cause,
    )


def _side(play: Callable[[], Outcome]) -> Outcome:
    try:
        return play()
    except InputError as error:
        # The verdict beside the view has said it already.
        return Missing("tables", str(error))


def view(
    scenario: Scenario,
    platform: Platform,
    *,
    reference: Outcome,
    replay: Outcome,
    cause: Divergence | None,
) -> dict[str, Any]:
    """The bars around the first divergence, or around the first fill where there is none.

    ``ledgers`` holds, per table, the rows of that stretch of time, paired: class ("" where a side
    has no such table), reference and replay (None where one lacks the row). Times are ISO, UTC.
    """
    ours, theirs = _tables(reference), _tables(replay)
    symbol, focus = _focus(scenario, ours, theirs, cause)
    bars = _around(scenario.bars.filter(pl.col("symbol") == symbol), focus)
    names = ["orders", "fills"]
    if cause and cause.table and cause.table not in names:
        names.append(cause.table)
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "rule": scenario.rule,
        "platform": platform.id,
        "symbols": list(scenario.symbols),
        "symbol": symbol,
        "focus": focus.isoformat(),
        "cause": cause.to_dict() if cause else None,
        "bars": _rows(bars.drop("symbol")),
        "ledgers": {name: _pairs(name, ours, theirs, bars["timestamp"]) for name in names},
    }


def _tables(outcome: Outcome) -> Tables:
    return outcome.tables if isinstance(outcome, Recorded) else {}


def _focus(
    scenario: Scenario, ours: Tables, theirs: Tables, cause: Divergence | None
) -> tuple[str, datetime]:
    """The symbol and the time to look at: of the cause, else of the first fill, order or bar."""
    if cause and cause.timestamp:
        known = cause.symbol if cause.symbol in scenario.symbols else scenario.symbols[0]
        return str(known), cause.timestamp
    for side in (ours, theirs):
        for name in ("fills", "orders"):
            if name in side and side[name].height:
                first = side[name].row(0, named=True)
                return first["symbol"], first["timestamp"]
    symbol = scenario.symbols[0]
    first_bar = scenario.bars.filter(pl.col("symbol") == symbol).row(0, named=True)
    return symbol, first_bar["timestamp"]


def _around(bars: pl.DataFrame, focus: datetime) -> pl.DataFrame:
    """Up to RADIUS bars on each side; a symbol may lack the very bar that is asked for."""
    at = bars["timestamp"].search_sorted(focus)
    return bars.slice(max(0, int(at) - RADIUS), 2 * RADIUS + 1)


def _pairs(name: str, ours: Tables, theirs: Tables, times: pl.Series) -> list[dict[str, Any]]:
    """The rows of one table within those times, the reference's beside the replay's."""
    left, right = (_cut(side, name, times) for side in (ours, theirs))
    sides = (_rows(left), _rows(right))
    if left.is_empty() and right.is_empty():
        return []
    found = match(left, right, SHAPES[name])
    both = name in ours and name in theirs
    return [
        {
            "class": row["class"] if both else "",
            "reference": None if row["reference"] is None else sides[0][row["reference"]],
            "replay": None if row["replay"] is None else sides[1][row["replay"]],
        }
        for row in found.iter_rows(named=True)
    ]


def _cut(tables: Tables, name: str, times: pl.Series) -> pl.DataFrame:
    frame = tables.get(name)
    if frame is None:
        return pl.DataFrame(schema=TABLES[name])
    begins, ends = SHAPES[name].times[0], SHAPES[name].times[-1]
    return frame.filter(pl.col(begins) <= times.max(), pl.col(ends) >= times.min())


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values, times in ISO format."""
    return [
        {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in row.items()
        }
        for row in frame.iter_rows(named=True)
    ]
