"""The two sides of the live check: the real platform, and our engine by each of its ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from engine.errors import InputError
from engine.store.digest import frame_digest
from parity.check import Play, check
from parity.environments import Environment, Say, environment_of
from parity.known import KnownDivergences
from parity.outcome import Failed, Missing, Outcome, Recorded, Refused, Unsupported
from parity.platforms import Platform
from parity.protocol import ask
from parity.replay import replay
from parity.verdict import Status, Verdict
from scenarios import Scenario

NOTHING_KNOWN = KnownDivergences()
FINE = (Status.AGREES, Status.UNSUPPORTED)
CRASHES = (Failed, Missing, InputError)

Ask = Callable[[Sequence[Scenario], Path], Mapping[str, Outcome]]
"""Plays cases on the platform; the folder keeps requests and recordings."""
Heard = Callable[[], None]
"""Hears that the platform has played one more case."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Whom cases are put to. ``plays`` names our engine's ways through the bars."""

    platform: Platform
    ask: Ask
    plays: Mapping[str, Play]

    def judge(self, scenario: Scenario, answer: Outcome) -> Verdict:
        """Our engine must agree with the platform, whichever way it takes through the bars."""
        played: list[Outcome | InputError] = []
        for way, play in self.plays.items():
            ours = _outcome(play, scenario, self.platform)
            if not (played and alike(played[0], ours)):
                verdict = self._compare(scenario, answer, ours)
            if verdict.status not in FINE:
                return replace(verdict, reason=f"{way}: {verdict.reason}")
            played.append(ours)
        return verdict

    def _compare(self, scenario: Scenario, answer: Outcome, ours: Outcome | InputError) -> Verdict:
        def play(_scenario: Scenario, _platform: Platform) -> Outcome:
            if isinstance(ours, InputError):
                raise ours
            return ours

        return check(
            scenario,
            self.platform,
            Path(),
            known=NOTHING_KNOWN,
            load=lambda _root, _scenario, _platform: answer,
            play=play,
        )

    def diverging(
        self, scenarios: Sequence[Scenario], work: Path, *, audited: bool = False
    ) -> list[bool]:
        """Which of many scenarios diverge; the platform is started once for all of them.

        ``audited`` counts a ledger in which money does not add up as well, which takes longer.
        """
        named = [replace(item, name=f"c{place:04d}") for place, item in enumerate(scenarios)]
        answers = self.ask(named, work)
        if audited:
            return [differs(self.judge(item, answers[item.name])) for item in named]
        return [self._unlike(item, answers[item.name]) for item in named]

    def _unlike(self, scenario: Scenario, answer: Outcome) -> bool:
        outcomes = [_outcome(play, scenario, self.platform) for play in self.plays.values()]
        if any(isinstance(outcome, CRASHES) for outcome in (answer, *outcomes)):
            return False
        return not all(alike(answer, ours) for ours in outcomes)


def _outcome(play: Play, scenario: Scenario, platform: Platform) -> Outcome | InputError:
    try:
        return play(scenario, platform)
    except InputError as error:
        return error


def alike(one: Outcome | InputError, other: Outcome | InputError) -> bool:
    """The same tables to the bit, the same refusal, or two platforms that cannot express it."""
    if isinstance(one, Recorded) and isinstance(other, Recorded):
        return one.tables.keys() == other.tables.keys() and all(
            frame_digest(frame) == frame_digest(other.tables[name])
            for name, frame in one.tables.items()
        )
    if isinstance(one, Refused) and isinstance(other, Refused):
        return one.reason == other.reason
    return isinstance(one, Unsupported) and isinstance(other, Unsupported)


def differs(verdict: Verdict) -> bool:
    """Another ledger, or one in which money does not add up; a crash is something else."""
    return verdict.status is Status.DIVERGES or bool(verdict.violations)


def real_sides(
    platform: Platform,
    *,
    heard: Heard = lambda: None,
    say: Say = lambda _text: None,
) -> Sides:
    """The platform in its own environment; our engine jumping between events, and bar by bar.

    Raises PeerMissing when the environment is absent and cannot be built.
    """
    environment = environment_of(platform, say=say)
    ways: dict[str, Play] = {"jumping": replay, "bar by bar": partial(replay, skip=False)}
    return Sides(platform, partial(_put, platform, environment, heard), ways)


def _put(
    platform: Platform,
    environment: Environment,
    heard: Heard,
    cases: Sequence[Scenario],
    folder: Path,
) -> Mapping[str, Outcome]:
    told = ask(platform, environment, cases, folder, progress=lambda _name, _outcome: heard())
    return {name: recording.outcome for name, recording in told.items()}
