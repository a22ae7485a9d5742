"""Stored returns, and what each library said of them: written by its recorder, read back here."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from engine.errors import PeerFailed, ReferenceStale, ReferenceTampered
from engine.store.aside import write_text_aside
from engine.store.digest import file_digest
from parity.environments import PROJECT, environment_of, peer_environ
from parity.metrics.anchors import LIBRARIES
from parity.platforms import Platform

HOME: Final = PROJECT / "reference_data" / "metrics"
CASES: Final = "cases.json"
WORDS: Final = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


def read_cases(home: Path = HOME) -> dict[str, dict[str, Any]]:
    """The stored cases by name: a story, rates per bar, returns and perhaps a benchmark."""
    told: dict[str, dict[str, Any]] = json.loads((home / CASES).read_text(encoding="utf-8"))
    for case in told.values():
        for name in case.keys() & {"returns", "benchmark"}:
            case[name] = [WORDS.get(value, value) for value in case[name]]
    return told


def read_answers(library: str, home: Path = HOME) -> dict[str, dict[str, float | str]]:
    """What a library said by case and function: a number, or the name of the error it raised.

    Raises ReferenceTampered if there is no such file, ReferenceStale if the cases changed since.
    """
    path = home / f"{LIBRARIES[library].id}.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        stored, cases = told["answers"], told["cases"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReferenceTampered(f"{path} cannot be read ({error}); record it again") from error
    if cases != file_digest(home / CASES):
        raise ReferenceStale(f"{path} answers other cases; run: truefill parity metrics --record")
    return {case: {name: _value(x) for name, x in said.items()} for case, said in stored.items()}


def read_stories(home: Path = HOME) -> dict[str, str]:
    """What each stored case is about."""
    return {name: case["story"] for name, case in read_cases(home).items()}


def record_answers(home: Path = HOME, say: Callable[[str], None] = lambda _text: None) -> None:
    """Ask every library again, each in its own environment, and store what it says.

    Raises PeerMissing if an environment cannot be built, PeerFailed if a recorder fails.
    """
    for platform in LIBRARIES.values():
        ask_library(platform, home / CASES, home, say)


def ask_library(
    platform: Platform, cases: Path, home: Path, say: Callable[[str], None] = lambda _text: None
) -> None:
    """Let a library answer stored cases in its own environment, and keep what it says."""
    environment = environment_of(platform, say=say)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "answers.json"
        command = [environment.python, platform.recorder, cases, out]
        done = subprocess.run(
            list(map(str, command)),
            capture_output=True,
            text=True,
            env=peer_environ(),
            check=False,
        )
        if done.returncode or not out.exists():
            raise PeerFailed(f"{platform.name} {platform.version} failed: {done.stderr[-600:]}")
        write_text_aside(home / f"{platform.id}.json", out.read_text(encoding="utf-8"))
    say(f"{platform.name} {platform.version} was asked again")


def _value(said: float | str | Mapping[str, str]) -> float | str:
    if isinstance(said, Mapping):
        return said["error"]
    return WORDS[said] if isinstance(said, str) else float(said)
