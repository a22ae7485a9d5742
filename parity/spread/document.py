"""The comparison as one document, from which terminal, Markdown and picture are drawn."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any, Final

import numpy as np
import polars as pl

from engine.execution import UNPROVEN
from parity.compare import tell
from parity.gate import AGREES, NOT_RUN
from parity.outcome import Failed, Missing, Outcome, Recorded, Refused, Unsupported
from parity.platforms import Platform
from parity.report.build import tell_platform, tell_scenario
from parity.spread.part import alike, by_cash, first_parting, other_cash
from parity.spread.prices import bar_at, basis_of
from parity.spread.rules import rule_of
from parity.spread.side import Side, clock_of, side_of
from parity.spread.words import joined, members_of, names_of
from scenarios import Scenario

FORMAT: Final = 1
POINTS: Final = 240
Document = dict[str, Any]


def build_document(scenario: Scenario, played: Sequence[tuple[Platform, Outcome]]) -> Document:
    """What every platform made of the script; plain values, the same every time."""
    sides = {
        platform.id: side_of(scenario, platform, outcome)
        for platform, outcome in played
        if isinstance(outcome, Recorded)
    }
    every = [platform for platform, _ in played]
    groups = alike(sides.values())
    names = [names_of([side.platform for side in group], every) for group in groups]
    partings = _partings(scenario, groups, names)
    failed = any(isinstance(outcome, Failed | Missing) for _, outcome in played)
    return {
        "format": FORMAT,
        "truefill": version("truefill"),
        "exit_code": NOT_RUN if failed else AGREES,
        "scenario": {
            **tell_scenario(scenario),
            "kind": scenario.script.kind,
            "script_rows": scenario.script.frame.height,
            "account": asdict(scenario.account),
        },
        "platforms": [
            tell_platform(platform) | _caveat(platform) | _told(outcome, sides.get(platform.id))
            for platform, outcome in played
        ],
        "groups": [
            {
                "name": joined(name),
                "platforms": [side.platform.id for side in group],
                "members": members_of([side.platform for side in group]),
            }
            for name, group in zip(names, groups, strict=True)
        ],
        "unplayed": _unplayed(played),
        "spread": _spread(groups, names),
        "other_cash": _other_cash(groups, every),
        "parting": _first(scenario, groups, names, partings),
        "rules": _rules(partings),
        "partings": partings,
        "curves": _curves(scenario, groups, names, partings),
    }


def _caveat(platform: Platform) -> dict[str, str]:
    """What has to be said of a platform that nobody here can run."""
    return {"caveat": "" if platform.proven else UNPROVEN}


def _told(outcome: Outcome, side: Side | None) -> dict[str, Any]:
    """The outcome of one platform, in numbers if it played and in its reason if it did not."""
    if side is None:
        told = {Unsupported: "unsupported", Refused: "refused"}.get(type(outcome), "failed")
        reason = outcome.message if isinstance(outcome, Refused) else _reason(outcome)
        return {"outcome": told, "reason": reason}
    gain = side.end / side.start - 1.0 if side.start else math.nan
    return {
        "outcome": "played",
        "reason": "",
        "orders": side.orders.height,
        "fills": side.fills.height,
        "trades": side.trades,
        "start": side.start,
        "end": side.end,
        "return": gain,
    }


def _unplayed(played: Sequence[tuple[Platform, Outcome]]) -> list[dict[str, Any]]:
    """Who did not play, and why; those with the same reason together."""
    found: dict[tuple[str, str], list[Platform]] = {}
    for platform, outcome in played:
        if not isinstance(outcome, Recorded):
            told = _told(outcome, None)
            found.setdefault((told["outcome"], told["reason"]), []).append(platform)
    every = [platform for platform, _ in played]
    return [
        {"name": joined(names_of(group, every)), "outcome": word, "reason": reason}
        for (word, reason), group in found.items()
    ]


def _reason(outcome: Outcome) -> str:
    return tell(outcome).partition(": ")[2]


def _spread(groups: Sequence[Sequence[Side]], names: Sequence[list[str]]) -> dict[str, Any] | None:
    """The range of final equity; an end that is no number is left out, and said to be."""
    ends = [(group[0].end, name) for group, name in zip(groups, names, strict=True)]
    known = [end for end in ends if math.isfinite(end[0])]
    if not known:
        return None
    low, high = (pick(end for end, _ in known) for pick in (min, max))
    starts = sorted({group[0].start for group in groups})
    return {
        "money": high - low,
        "share": (high - low) / starts[0] if starts[0] else None,
        "starts": starts,
        "low": {"names": _at(known, low), "end": low},
        "high": {"names": _at(known, high), "end": high},
        "unknown": [name for end, own in ends if not math.isfinite(end) for name in own],
    }


def _at(ends: Sequence[tuple[float, list[str]]], end: float) -> list[str]:
    """Who ends there, but for rounding."""
    return [name for other, own in ends if math.isclose(other, end, rel_tol=1e-9) for name in own]


def _other_cash(
    groups: Sequence[Sequence[Side]], every: Sequence[Platform]
) -> list[dict[str, Any]]:
    """Who does the same as most of its group, yet counts its cash otherwise."""
    found = []
    for group in groups:
        most, *others = sorted(by_cash(group), key=len, reverse=True)
        for odd in others:
            bar = other_cash(most[0], odd[0])
            assert bar is not None
            names = [names_of([side.platform for side in own], every) for own in (odd, most)]
            found.append(
                {
                    "names": names[0],
                    "than": names[1],
                    "bar": bar,
                    "cash": [float(own[0].cash[bar]) for own in (odd, most)],
                }
            )
    return found


def _partings(
    scenario: Scenario, groups: Sequence[Sequence[Side]], names: Sequence[list[str]]
) -> list[dict[str, Any]]:
    """For every two groups the bar on which they part and the rule; the earliest first."""
    clock, found = clock_of(scenario), []
    for one, other in itertools.combinations(range(len(groups)), 2):
        first, second = groups[one][0], groups[other][0]
        bar = first_parting(first, second)
        assert bar is not None
        rule = rule_of(scenario, first, second, bar)
        found.append(
            {
                "bar": bar,
                "timestamp": clock[bar].isoformat(),
                "kind": rule.kind.value,
                "rule": rule.text,
                "first": {"names": names[one], "did": rule.first},
                "second": {"names": names[other], "did": rule.second},
            }
        )
    return sorted(found, key=lambda parting: parting["bar"])


def _rules(partings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The partings by rule: platforms that did the same are named together."""
    rules: dict[tuple[int, str], dict[str, Any]] = {}
    sides: dict[tuple[int, str], dict[str, list[str]]] = {}
    for parting in partings:
        key = (parting["bar"], parting["rule"])
        rules[key] = {name: parting[name] for name in ("bar", "timestamp", "kind", "rule")}
        for side in (parting["first"], parting["second"]):
            names = sides.setdefault(key, {}).setdefault(side["did"], [])
            names += [name for name in side["names"] if name not in names]
    return [
        {**rule, "sides": [{"name": joined(n), "did": did} for did, n in sides[key].items()]}
        for key, rule in rules.items()
    ]


def _first(
    scenario: Scenario,
    groups: Sequence[Sequence[Side]],
    names: Sequence[list[str]],
    partings: Sequence[Mapping[str, Any]],
) -> dict[str, Any] | None:
    """The first bar on which not all do the same: its prices, and what each did on it."""
    if not partings:
        return None
    bar = partings[0]["bar"]
    did: list[dict[str, Any]] = [
        {
            "name": joined(name),
            "events": _events(scenario, group[0], bar),
            "cash": float(group[0].cash[bar]),
            "equity": float(group[0].equity[bar]),
        }
        for name, group in zip(names, groups, strict=True)
    ]
    symbols = {event["symbol"] for one in did for event in one["events"]}
    time = clock_of(scenario)[bar]
    prices = [bar_at(scenario, symbol, time) for symbol in scenario.symbols if symbol in symbols]
    return {
        "bar": bar,
        "timestamp": partings[0]["timestamp"],
        "bars": [
            {name: value for name, value in row.items() if name != "timestamp"}
            for row in prices
            if row is not None
        ],
        "did": did,
    }


def _events(scenario: Scenario, side: Side, bar: int) -> list[dict[str, Any]]:
    """The fills of a bar, then the orders that ended or began there without a fill."""
    here = pl.col("bar") == bar
    filled = [
        {
            "what": "filled",
            **{name: row[name] for name in ("symbol", "quantity", "price", "commission")},
            "basis": basis_of(scenario, row).text,
        }
        for row in side.fills.filter(here).iter_rows(named=True)
    ]
    others = side.orders.filter(here, pl.col("status") != "filled")
    return filled + [
        {
            "what": row["status"],
            "symbol": row["symbol"],
            "quantity": row["quantity"],
            "reason": row["reason"],
        }
        for row in others.iter_rows(named=True)
    ]


def _curves(
    scenario: Scenario,
    groups: Sequence[Sequence[Side]],
    names: Sequence[list[str]],
    partings: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The equity of each group on at most POINTS bars, the first parting among them."""
    clock = clock_of(scenario)
    bars = np.linspace(0, len(clock) - 1, min(len(clock), POINTS)).round().astype(np.int64)
    bars = np.union1d(bars, [parting["bar"] for parting in partings[:1]]).astype(np.int64)
    return {
        "bars": bars.tolist(),
        "from": clock[0].isoformat(),
        "to": clock[-1].isoformat(),
        "equity": {
            joined(name): group[0].equity[bars].tolist()
            for name, group in zip(names, groups, strict=True)
        },
    }
