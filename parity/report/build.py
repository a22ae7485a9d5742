"""The report as one document, from which every renderer draws. Format: docs/report.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from parity.gate import Gate
from parity.known import Known
from parity.platforms import Platform
from parity.verdict import Verdict
from scenarios import Scenario
from scenarios.features import FEATURES, pair_table

FORMAT = 1
Views = Mapping[tuple[str, str], dict[str, Any]]


def build_report(
    scenarios: Sequence[Scenario],
    platforms: Sequence[Platform],
    verdicts: Iterable[Verdict],
    *,
    decision: Gate,
    known: Sequence[Known] = (),
    views: Views | None = None,
) -> dict[str, Any]:
    """Put scenarios and verdicts together; no clock, no path and no machine is in it.

    ``known`` are the entries of the ledger of known divergences, ``views`` the close looks at what
    diverges, by scenario and platform id.
    """
    by_story: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_story.setdefault(verdict.scenario, []).append(verdict)
    return {
        "format": FORMAT,
        "truefill": version("truefill"),
        "exit_code": decision.code,
        "totals": decision.totals,
        "reasons": list(decision.reasons),
        "platforms": [tell_platform(platform) for platform in platforms],
        "scenarios": [
            {
                **tell_scenario(scenario),
                "verdicts": _verdicts(by_story.get(scenario.name, []), views or {}),
            }
            for scenario in scenarios
        ],
        "known": [asdict(entry) for entry in known],
        "pairs": _pairs(scenarios),
    }


def tell_platform(platform: Platform) -> dict[str, Any]:
    """A platform as plain data."""
    names = ("id", "name", "version", "idiom", "model")
    return {name: getattr(platform, name) for name in names}


def tell_scenario(scenario: Scenario) -> dict[str, Any]:
    """What a scenario is about, without its bars and script."""
    return {
        "name": scenario.name,
        "topic": scenario.topic,
        "title": scenario.title,
        "rule": scenario.rule,
        "symbols": list(scenario.symbols),
        "bars": scenario.bars.height,
        "features": list(scenario.features),
    }


def _verdicts(verdicts: list[Verdict], views: Views) -> dict[str, Any]:
    told = {}
    for verdict in verdicts:
        close = views.get((verdict.scenario, verdict.platform))
        told[verdict.platform] = verdict.to_dict() | ({"view": close} if close else {})
    return told


def _pairs(scenarios: Sequence[Scenario]) -> dict[str, Any]:
    table = pair_table(scenarios)
    return {
        "features": dict(FEATURES),
        "counts": _nested(table.counts),
        "reasons": _nested(dict(sorted(table.reasons.items()))),
    }


def _nested(cells: Mapping[tuple[str, str], Any]) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for (first, second), cell in cells.items():
        rows.setdefault(first, {})[second] = cell
    return rows
