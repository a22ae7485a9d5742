"""Record scenarios on the real platform and store what it answered as references."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ScenarioError
from parity.environments import PROJECT, Environment, Say, alone_in, environment_of
from parity.outcome import Failed
from parity.platforms import Platform
from parity.protocol import Progress, Recording, ask
from parity.reference import save_reference
from scenarios.scenario import Scenario

WORK = PROJECT / ".cache" / "recordings"


@dataclass(frozen=True, slots=True)
class Happened:
    """What recording one scenario came to.

    ``outcome`` is recorded, unsupported, refused or failed. ``change`` says what it did to the
    stored reference: new, unchanged, restamped (same answer, newer manifest), changed (``tables``
    names which) or kept (a failure replaces nothing). ``message`` is the reason or the failure.
    """

    scenario: str
    platform: str
    outcome: str
    change: str
    tables: tuple[str, ...] = ()
    message: str = ""


def record(
    scenarios: Iterable[Scenario],
    platform: Platform,
    root: Path,
    *,
    progress: Progress = lambda _name, _outcome: None,
    say: Say = lambda _text: None,
    work: Path = WORK,
    timeout: float = 600.0,
) -> list[Happened]:
    """Play the scenarios that ask for this platform, in one run, and store its answers in ``root``.

    A killed run is taken up where it stopped: ``work`` keeps its recordings until all are stored.
    Raises PeerMissing when the platform's environment is absent and cannot be built.
    """
    cases = [case for case in scenarios if platform.idiom in case.platforms.get(platform.name, ())]
    if not cases:
        return []
    check_names(cases)
    environment = environment_of(platform, say=say)
    place = work / platform.id
    with alone_in(place, say):
        recordings = ask(platform, environment, cases, place, progress=progress, timeout=timeout)
        happened = [
            keep(root, case, platform, recordings[case.name], environment) for case in cases
        ]
        shutil.rmtree(place, ignore_errors=True)
    return happened


def keep(
    root: Path,
    scenario: Scenario,
    platform: Platform,
    recording: Recording,
    environment: Environment,
) -> Happened:
    """Store one answer; a failure is no answer, and what was stored before stays."""
    outcome = recording.outcome
    if isinstance(outcome, Failed):
        return Happened(scenario.name, platform.id, "failed", "kept", message=outcome.message)
    stored = save_reference(root, scenario, platform, recording, environment)
    return Happened(
        scenario.name,
        platform.id,
        str(recording.head["outcome"]),
        stored.change,
        stored.tables,
        str(recording.head.get("reason", "")),
    )


def check_names(scenarios: list[Scenario]) -> None:
    """References are found by name, so no two scenarios share one."""
    seen: dict[str, str] = {}
    for scenario in scenarios:
        if scenario.name in seen:
            raise ScenarioError(
                f"{scenario.source}: the name {scenario.name!r} is taken by {seen[scenario.name]}"
            )
        seen[scenario.name] = scenario.source
