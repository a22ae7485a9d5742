"""One scenario on one platform: load its reference, replay it, audit it, judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from engine.errors import InputError, PeerFailed, PeerMissing
from engine.schema import TABLES, conform
from parity.allowance import allowance_for
from parity.compare import REQUIRED
from parity.invariants import Violation, find_violations
from parity.known import KnownDivergences, load_known, weigh
from parity.outcome import Outcome, Recorded
from parity.platforms import Platform
from parity.reference import load_reference
from parity.replay import replay
from parity.verdict import Status, Verdict, judge
from scenarios.scenario import Scenario

Load = Callable[[Path, Scenario, Platform], Outcome]
Play = Callable[[Scenario, Platform], Outcome]
Progress = Callable[[Verdict, int, int], None]
"""Hears each verdict, how many are done and how many there are."""


def stored(root: Path, scenario: Scenario, platform: Platform) -> Outcome:
    """What the platform answered when it was recorded."""
    return load_reference(root, scenario, platform).outcome


def check(
    scenario: Scenario,
    platform: Platform,
    root: Path,
    *,
    known: KnownDivergences | None = None,
    load: Load = stored,
    play: Play = replay,
) -> Verdict:
    """Compare the replay of a scenario with the reference stored under ``root``.

    Whatever goes wrong is a verdict: input that cannot be used or trusted, a missing peer, a
    crash. ``known`` defaults to the file in the package; ``load`` and ``play`` give the two sides.
    """
    known = load_known() if known is None else known
    try:
        reference = load(root, scenario, platform)
        ours = play(scenario, platform)
        verdict = judge(
            reference,
            ours,
            scenario=scenario.name,
            platform=platform.id,
            clock=scenario.bars["timestamp"].unique().sort(),
            violations=audit(ours, scenario, platform),
        )
    except InputError as error:
        return Verdict(scenario.name, platform.id, Status.BAD_INPUT, str(error))
    except PeerMissing as error:
        return Verdict(scenario.name, platform.id, Status.PEER_MISSING, str(error))
    except PeerFailed as error:
        return Verdict(scenario.name, platform.id, Status.FAILED, str(error))
    return weigh(verdict, platform, known)


def audit(outcome: Outcome, scenario: Scenario, platform: Platform) -> tuple[Violation, ...]:
    """The invariants that a run of this scenario breaks; a run without tables breaks none."""
    if not isinstance(outcome, Recorded) or not set(REQUIRED) <= set(outcome.tables):
        return ()
    tables = {
        name: conform(outcome.tables[name], TABLES[name], where=f"replay table {name}")
        for name in REQUIRED
    }
    accounts = tables["equity"]["account"].unique(maintain_order=True)
    return find_violations(tables, scenario.bars, allowance_for(scenario, platform, accounts))


def check_all(
    scenarios: Iterable[Scenario],
    platforms: Iterable[Platform],
    root: Path,
    *,
    known: KnownDivergences | None = None,
    progress: Progress = lambda _verdict, _done, _total: None,
    load: Load = stored,
    play: Play = replay,
) -> list[Verdict]:
    """A verdict for every scenario on every platform it is to be recorded on, in that order."""
    known = load_known() if known is None else known
    pairs = list(asked(scenarios, platforms))
    verdicts = []
    for done, (scenario, platform) in enumerate(pairs, 1):
        verdict = check(scenario, platform, root, known=known, load=load, play=play)
        verdicts.append(verdict)
        progress(verdict, done, len(pairs))
    return verdicts


def asked(
    scenarios: Iterable[Scenario], platforms: Iterable[Platform]
) -> Iterator[tuple[Scenario, Platform]]:
    """The pairs that are to be recorded: a scenario names its platforms and their idioms."""
    peers = tuple(platforms)
    for scenario in scenarios:
        for platform in peers:
            if platform.idiom in scenario.platforms.get(platform.name, ()):
                yield scenario, platform
