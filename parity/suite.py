"""The library on all platforms at once: what the commands call."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from engine.errors import InputError
from parity.check import asked, check, check_all
from parity.environments import PROJECT
from parity.gate import AGREES, NOT_RUN, gate
from parity.known import load_known
from parity.platforms import Platform, find_platforms
from parity.record import Happened, record
from parity.report.build import build_report, tell_scenario
from parity.select import choose, choose_one
from parity.show import look
from parity.verdict import Status, Verdict
from scenarios import Scenario

REFERENCES: Final = Path(os.environ.get("TRUEFILL_REFERENCES") or PROJECT / "reference_data")
Step = Callable[[str, int, int], None]
"""Hears what was just done, how many are done and how many there are."""
Say = Callable[[str], None]


def run_suite(
    select: str | None = None,
    platform: str | None = None,
    *,
    root: Path = REFERENCES,
    step: Step = lambda _what, _done, _total: None,
) -> dict[str, Any]:
    """Check the chosen scenarios on the chosen platforms: a report document with its exit code.

    Without a choice, every known divergence must be one that can still be met.
    """
    scenarios, platforms, known = choose(select), find_platforms(platform), load_known()
    verdicts = check_all(
        scenarios,
        platforms,
        root,
        known=known,
        progress=lambda verdict, done, total: step(verdict.scenario, done, total),
    )
    whole = select is None and platform is None
    dangling = known.dangling([story.name for story in scenarios], platforms) if whole else ()
    return build_report(
        scenarios,
        platforms,
        verdicts,
        decision=gate(verdicts, dangling=dangling),
        known=known.entries,
        views=_views(scenarios, platforms, verdicts, root),
    )


def list_scenarios(select: str | None = None) -> dict[str, Any]:
    """What each chosen scenario is about, and which platforms it asks, in which idioms."""
    return {
        "scenarios": [
            {
                **tell_scenario(story),
                "platforms": {name: list(idioms) for name, idioms in story.platforms.items()},
            }
            for story in choose(select)
        ]
    }


def show_scenario(
    name: str, platform: str | None = None, *, root: Path = REFERENCES
) -> dict[str, Any]:
    """Look at one scenario closely, on each platform that is not in agreement.

    Where all agree, one look stands for them.
    """
    scenario = choose_one(name)
    pairs = list(asked([scenario], find_platforms(platform)))
    if not pairs:
        names = ", ".join(scenario.platforms) or "none"
        raise InputError(f"{scenario.name} is not played on {platform}; its platforms are: {names}")
    verdicts = [check(story, peer, root) for story, peer in pairs]
    loud = [(peer, told) for (_, peer), told in zip(pairs, verdicts, strict=True) if _loud(told)]
    looks = [
        {"verdict": told.to_dict(), "view": look(scenario, peer, told.first, root)}
        for peer, told in loud or [(pairs[0][1], verdicts[0])]
    ]
    return {"exit_code": gate(verdicts).code, "looks": looks}


def _loud(verdict: Verdict) -> bool:
    return verdict.status not in (Status.AGREES, Status.UNSUPPORTED)


def record_suite(
    select: str | None = None,
    platform: str | None = None,
    *,
    root: Path = REFERENCES,
    step: Step = lambda _what, _done, _total: None,
    say: Say = lambda _text: None,
) -> dict[str, Any]:
    """Record the chosen scenarios on the chosen platforms; a failed one is exit code 3."""
    scenarios = choose(select)
    happened = [
        one
        for peer in find_platforms(platform)
        for one in _record_on(peer, scenarios, root, step, say)
    ]
    failed = any(one.outcome == "failed" for one in happened)
    return {
        "exit_code": NOT_RUN if failed else AGREES,
        "recorded": [asdict(one) for one in happened],
    }


def _record_on(
    peer: Platform, scenarios: Sequence[Scenario], root: Path, step: Step, say: Say
) -> list[Happened]:
    total = len(list(asked(scenarios, [peer])))
    heard: set[str] = set()

    def hear(name: str, _outcome: str) -> None:
        heard.add(name)
        step(name, len(heard), total)

    return record(scenarios, peer, root, progress=hear, say=say)


def _views(
    scenarios: Sequence[Scenario],
    platforms: Sequence[Platform],
    verdicts: Sequence[Verdict],
    root: Path,
) -> dict[tuple[str, str], dict[str, Any]]:
    """A close look at every divergence that is not known."""
    red = {(v.scenario, v.platform): v for v in verdicts if v.first and v.status != Status.KNOWN}
    return {
        (story.name, peer.id): look(story, peer, red[story.name, peer.id].first, root)
        for story, peer in asked(scenarios, platforms)
        if (story.name, peer.id) in red
    }
