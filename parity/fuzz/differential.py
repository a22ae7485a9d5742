"""The live check: random cases through the real platform and our engine, compared exactly."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from parity.environments import PROJECT, Say
from parity.fuzz.found import save_found
from parity.fuzz.generate import generate
from parity.fuzz.shrink import shrink
from parity.fuzz.sides import Sides, real_sides
from parity.fuzz.tally import Tally
from parity.gate import WORST_FIRST
from parity.outcome import Outcome
from parity.platforms import find_platforms
from parity.verdict import Verdict
from scenarios import Scenario
from scenarios.load import FOUND

WORK = PROJECT / ".cache" / "live"
# What one process of a platform plays; a killed run loses none of what was recorded.
BATCH = 1000
SHRUNK = 3

Step = Callable[[str, int, int], None]
"""Hears what was just done, how much is done and how much there is."""


def live_check(
    name: str | None,
    *,
    cases: int,
    seed: int,
    work: Path = WORK,
    found: Path = FOUND,
    step: Step = lambda _what, _done, _total: None,
    say: Say = lambda _text: None,
) -> dict[str, Any]:
    """Put the same random cases to each platform of a name: a document with its exit code.

    Raises PeerMissing when a platform's environment is absent and cannot be built.
    """
    platforms, checked = find_platforms(name), []
    clock = Clock(cases * len(platforms), step)
    for platform in platforms:
        sides = real_sides(platform, say=say)
        tick = partial(clock.tick, platform.id)
        checked.append(
            live(sides, cases=cases, seed=seed, work=work, found=found, tick=tick, say=say)
        )
    codes = {one["exit_code"] for one in checked}
    worst = next(code for code in WORST_FIRST if code in codes)
    return {"seed": seed, "cases": cases, "platforms": checked, "exit_code": worst}


def fresh_seed() -> int:
    """A seed nobody chose; it is printed, so that the run can be repeated."""
    return secrets.randbelow(10**6)


class Clock:
    """Counts what was played and tells how fast."""

    def __init__(self, total: int, step: Step) -> None:
        self._total, self._step = total, step
        self._done, self._began = 0, time.perf_counter()

    def tick(self, where: str) -> None:
        """One more case was compared."""
        self._done += 1
        rate = self._done / (time.perf_counter() - self._began)
        self._step(f"{where}, {rate:.1f} a second", self._done, max(self._total, self._done))


def live(
    sides: Sides,
    *,
    cases: int,
    seed: int,
    work: Path = WORK,
    found: Path = FOUND,
    tick: Callable[[], None] = lambda: None,
    say: Say = lambda _text: None,
) -> dict[str, Any]:
    """Put random cases to both sides; what differs is shrunk and saved under ``found``.

    A killed run of the same seed is taken up where it stopped: ``work`` keeps what the platform
    answered.
    """
    began = time.perf_counter()
    platform, tally = sides.platform, Tally()
    place = work / platform.id / f"seed-{seed}"

    def take(scenario: Scenario, answer: Outcome) -> None:
        tally.add(scenario, answer, sides.judge(scenario, answer))
        tick()

    for first in range(0, cases, BATCH):
        batch = list(generate(platform.name, seed, min(BATCH, cases - first), first))
        sides.ask(batch, place / f"from-{first:06d}", take)
        say(f"{platform.id}: {len(tally.verdicts)} compared, {len(tally.odd)} do not agree")
    seconds = time.perf_counter() - began
    kept = [
        keep(scenario, verdict, sides, seed=seed, work=place / "shrink", found=found, say=say)
        for scenario, verdict in tally.one_of_each(SHRUNK)
    ]
    return {
        "platform": platform.id,
        "seed": seed,
        "seconds": round(seconds, 1),
        "rate": round(cases / seconds, 1),
        **tally.to_dict(),
        "found": kept,
    }


def keep(
    scenario: Scenario,
    verdict: Verdict,
    sides: Sides,
    *,
    seed: int,
    work: Path,
    found: Path,
    say: Say,
) -> dict[str, Any]:
    """Shrink a diverging case, save it, and say what is left of it."""
    say(f"{scenario.name}: {verdict.headline}")
    test = partial(sides.diverging, work=work, audited=not verdict.divergences)
    small = shrink(scenario, test, say=say)
    last = sides.final(small, work)
    note = {
        "case": scenario.name,
        "seed": seed,
        "platform": sides.platform.id,
        "headline": last.headline,
        "verdict": last.to_dict(),
    }
    bundle = save_found(small, sides.platform, note, headline=last.headline, folder=found)
    return {**note, "bundle": str(bundle), "slice": slice_of(small)}


def slice_of(scenario: Scenario) -> dict[str, Any]:
    """A small scenario as plain values, to be read in a terminal."""
    account = scenario.account
    return {
        "bars": [_cells(row) for row in scenario.bars.iter_rows(named=True)],
        "script": [_cells(row) for row in scenario.script.frame.iter_rows(named=True)],
        "defaults": dict(scenario.script.defaults),
        "account": {
            name: getattr(account, name) for name in ("cash", "commission", "fixed", "slippage")
        },
        "options": {name: dict(options) for name, options in scenario.options.items()},
    }


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is set in a row; times in ISO format."""
    plain = {name: v.isoformat() if hasattr(v, "isoformat") else v for name, v in row.items()}
    return {name: v for name, v in plain.items() if v is not None and v is not False}
