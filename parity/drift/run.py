"""Record the library on two versions of a peer, each in its own environment, and compare.

Nothing is stored as a reference: a version that drifts is no version we are proven against.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, Final

from engine.errors import InputError
from engine.store.digest import json_digest
from parity.check import asked
from parity.drift.change import CHANGED, Became, Change, change_of
from parity.environments import PROJECT, Environment, alone_in, environment_of
from parity.gate import AGREES, DIVERGES, NOT_RUN
from parity.outcome import Outcome
from parity.peers import wire
from parity.platforms import Platform, find_platforms
from parity.protocol import ask
from parity.record import check_names
from parity.select import choose
from scenarios import Scenario

FORMAT: Final = 1
WORK: Final = PROJECT / ".cache" / "drift"
Step = Callable[[str, int, int], None]
Say = Callable[[str], None]


def drift_suite(
    name: str,
    versions: Sequence[str],
    select: str | None = None,
    *,
    work: Path | None = None,
    step: Step = lambda _what, _done, _total: None,
    say: Say = lambda _text: None,
) -> dict[str, Any]:
    """Play the chosen scenarios on both versions: a document with its exit code.

    ``name`` is a platform or one of its idioms. A killed run goes on where it stopped: ``work``
    keeps its recordings until all are compared. Raises InputError for a version without pins,
    PeerMissing (exit code 3) for one whose environment cannot be built.
    """
    work = work or WORK
    older, newer = _two(versions)
    peers = find_platforms(name)
    pairs = [(peer.at(older), peer.at(newer)) for peer in peers]
    scenarios = choose(select)
    cases = [[story for story, _ in asked(scenarios, [peer])] for peer in peers]
    if not any(cases):
        raise InputError(
            f"none of these scenarios is asked of {name}, so nothing would be compared"
        )
    check_names(scenarios)
    total = 2 * sum(map(len, cases))
    heard = Heard(total, step)
    about: dict[str, dict[str, Any]] = {}
    changes: list[Change] = []
    for (before, after), stories in zip(pairs, cases, strict=True):
        answers = [
            record_at(peer, stories, work, heard=heard, say=say, about=about)
            for peer in (before, after)
        ]
        changes += [
            change_of(story, before, after, *(answer[story.name] for answer in answers))
            for story in stories
        ]
    for peer in (peer for pair in pairs for peer in pair):
        shutil.rmtree(work / peer.id, ignore_errors=True)
    return describe(name, (older, newer), select, peers, changes, about)


class Heard:
    """Counts each case of each version once, however often a recorder speaks of it."""

    def __init__(self, total: int, step: Step) -> None:
        self._seen: set[tuple[str, str]] = set()
        self._total = total
        self._step = step

    def of(self, peer: Platform) -> Callable[[str, str], None]:
        """What hears the recorder of one version."""

        def hear(name: str, _outcome: str) -> None:
            self._seen.add((peer.id, name))
            self._step(f"{name} on {peer.version}", len(self._seen), self._total)

        return hear


def record_at(
    peer: Platform,
    scenarios: Iterable[Scenario],
    work: Path,
    *,
    heard: Heard,
    say: Say,
    about: dict[str, dict[str, Any]],
) -> dict[str, Outcome]:
    """What one version answers; ``about`` takes what its environment holds."""
    environment = environment_of(peer, say=say)
    about[peer.version] = dict(environment.about)
    place = work / peer.id / _recorded_by(peer, environment)
    with alone_in(place, say):
        recordings = ask(peer, environment, scenarios, place, progress=heard.of(peer))
    return {name: recording.outcome for name, recording in recordings.items()}


def _recorded_by(peer: Platform, environment: Environment) -> str:
    """What decides an answer besides the request: another folder of recordings when it changes."""
    sources = wire.recorder_digest(peer.folder / "recorder.py")
    return json_digest([sources, wire.recorder_digest(peer.recorder), environment.digest])[:12]


def describe(
    name: str,
    versions: tuple[str, str],
    select: str | None,
    peers: Sequence[Platform],
    changes: Sequence[Change],
    about: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """Everything that is told, as plain values; no clock and no path is in it."""
    counts = Counter((change.idiom, change.became) for change in changes)
    if any(change.became is Became.FAILED for change in changes):
        code = NOT_RUN
    else:
        code = DIVERGES if any(change.became in CHANGED for change in changes) else AGREES
    return {
        "format": FORMAT,
        "truefill": version_of("truefill"),
        "exit_code": code,
        "platform": peers[0].name,
        "asked": name,
        "select": select,
        "versions": [
            {"version": version, "python": about[version]["python"]}
            | {"packages": about[version]["packages"]}
            for version in versions
        ],
        "totals": {
            peer.idiom: {became.value: counts[peer.idiom, became] for became in Became}
            for peer in peers
        },
        "scenarios": [asdict(change) for change in changes],
    }


def _two(versions: Sequence[str]) -> tuple[str, str]:
    older, newer = versions
    if older == newer:
        raise InputError(f"--versions {older} {newer}: name two versions")
    return older, newer
