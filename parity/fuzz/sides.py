"""The two sides of the live check: the real platform, and our engine by each of its ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from engine.errors import InputError
from engine.store.digest import same_bits
from parity.check import Play, check
from parity.environments import Environment, Say, environment_of
from parity.known import KnownDivergences
from parity.outcome import Failed, Missing, Outcome, Recorded, Refused, Unsupported
from parity.peers import wire
from parity.platforms import Platform
from parity.protocol import ask, read_recording
from parity.replay import replay
from parity.verdict import Status, Verdict
from scenarios import Scenario

NOTHING_KNOWN = KnownDivergences()
FINE = (Status.AGREES, Status.UNSUPPORTED)
CRASHES = (Failed, Missing, InputError)

Take = Callable[[Scenario, Outcome], None]
"""Gets a case and what the platform answered."""
Ask = Callable[[Sequence[Scenario], Path, Take], None]
"""Plays cases on the platform and gives each answer on, once, while others are still played.

The folder keeps requests and recordings."""


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
        found: dict[str, bool] = {}

        def take(scenario: Scenario, answer: Outcome) -> None:
            found[scenario.name] = (
                differs(self.judge(scenario, answer)) if audited else self._unlike(scenario, answer)
            )

        self.ask(named, work, take)
        return [found[item.name] for item in named]

    def final(self, scenario: Scenario, work: Path) -> Verdict:
        """One case, asked anew and judged in full."""
        verdicts: list[Verdict] = []
        self.ask([scenario], work, lambda case, answer: verdicts.append(self.judge(case, answer)))
        return verdicts[0]

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
            same_bits(frame, other.tables[name]) for name, frame in one.tables.items()
        )
    if isinstance(one, Refused) and isinstance(other, Refused):
        return one.reason == other.reason
    return isinstance(one, Unsupported) and isinstance(other, Unsupported)


def differs(verdict: Verdict) -> bool:
    """Another ledger, or one in which money does not add up; a crash is something else."""
    return verdict.status is Status.DIVERGES or bool(verdict.violations)


def real_sides(platform: Platform, *, say: Say = lambda _text: None) -> Sides:
    """The platform in its own environment; our engine jumping between events, and bar by bar.

    Raises PeerMissing when the environment is absent and cannot be built.
    """
    environment = environment_of(platform, say=say)
    ways: dict[str, Play] = {"jumping": replay, "bar by bar": partial(replay, skip=False)}
    return Sides(platform, partial(_put, platform, environment), ways)


def _put(
    platform: Platform,
    environment: Environment,
    cases: Sequence[Scenario],
    folder: Path,
    take: Take,
) -> None:
    """Give on each recording as its recorder reports it; what it never reported comes last."""
    waiting = {scenario.name: scenario for scenario in cases}

    def hear(name: str, word: str) -> None:
        if word == "failed" or name not in waiting:
            return
        scenario = waiting.pop(name)
        request = wire.request_digest(folder / "requests" / name, platform.options)
        place = folder / "recordings" / name
        take(scenario, read_recording(place, platform, scenario, request).outcome)

    told = ask(platform, environment, cases, folder, progress=hear)
    for name, scenario in waiting.items():
        take(scenario, told[name].outcome)
