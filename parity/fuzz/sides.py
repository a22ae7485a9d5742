"""The two sides of the live check: the real platform, and our engine by each of its ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from parity.check import Play, check
from parity.environments import Environment, Say, environment_of
from parity.known import KnownDivergences
from parity.outcome import Outcome
from parity.platforms import Platform
from parity.protocol import ask
from parity.replay import replay
from parity.verdict import Status, Verdict
from scenarios import Scenario

NOTHING_KNOWN = KnownDivergences()
FINE = (Status.AGREES, Status.UNSUPPORTED)

Ask = Callable[[Sequence[Scenario], Path], Mapping[str, Outcome]]
"""Plays cases on the platform; the folder keeps requests and recordings."""
Progress = Callable[[str], None]
"""Hears what a case came to on the platform, as soon as it was played."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Whom cases are put to. ``plays`` names our engine's ways through the bars."""

    platform: Platform
    ask: Ask
    plays: Mapping[str, Play]

    def judge(self, scenario: Scenario, answer: Outcome) -> Verdict:
        """Every way of our engine must agree; the first that does not gives the verdict."""
        verdicts = (
            (way, self._compare(scenario, answer, play)) for way, play in self.plays.items()
        )
        for way, verdict in verdicts:
            if verdict.status not in FINE:
                return replace(verdict, reason=f"{way}: {verdict.reason}")
        return verdict

    def _compare(self, scenario: Scenario, answer: Outcome, play: Play) -> Verdict:
        return check(
            scenario,
            self.platform,
            Path(),
            known=NOTHING_KNOWN,
            load=lambda _root, _scenario, _platform: answer,
            play=play,
        )

    def diverging(self, scenarios: Sequence[Scenario], work: Path) -> list[bool]:
        """Which of many scenarios diverge; the platform is started once for all of them."""
        named = [replace(item, name=f"c{place:04d}") for place, item in enumerate(scenarios)]
        answers = self.ask(named, work)
        return [differs(self.judge(item, answers[item.name])) for item in named]


def differs(verdict: Verdict) -> bool:
    """Another ledger, or one in which money does not add up; a crash is something else."""
    return verdict.status is Status.DIVERGES or bool(verdict.violations)


def real_sides(
    platform: Platform,
    *,
    progress: Progress = lambda _outcome: None,
    say: Say = lambda _text: None,
) -> Sides:
    """The platform in its own environment; our engine jumping between events, and bar by bar.

    Raises PeerMissing when the environment is absent and cannot be built.
    """
    environment = environment_of(platform, say=say)
    ways = {"jumping": replay, "bar by bar": partial(replay, skip=False)}
    return Sides(platform, partial(_put, platform, environment, progress), ways)


def _put(
    platform: Platform,
    environment: Environment,
    progress: Progress,
    cases: Sequence[Scenario],
    folder: Path,
) -> Mapping[str, Outcome]:
    told = ask(
        platform, environment, cases, folder, progress=lambda _name, outcome: progress(outcome)
    )
    return {name: recording.outcome for name, recording in told.items()}
