"""Stored cases, and what purgedcv, skfolio, arch and scikit-learn said of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from engine.errors import ReferenceStale, ReferenceTampered
from engine.store.digest import file_digest
from parity.environments import PROJECT
from parity.metrics.answers import ask_library
from parity.platforms import Platform

HOME: Final = PROJECT / "reference_data" / "statistics"
CASES: Final = "cases.json"
# One environment holds all four; it is called as the first of them.
PEER: Final = Platform("purgedcv", "0.1.11", "functions", "")
Case = dict[str, Any]


def read_cases(home: Path = HOME) -> dict[str, Case]:
    """The stored cases by name: a kind, a story, and literal inputs."""
    told: dict[str, Case] = json.loads((home / CASES).read_text(encoding="utf-8"))
    return told


def read_stored(home: Path = HOME) -> dict[str, Any]:
    """What was stored: versions of the packages, and answers by case and function.

    Raises ReferenceTampered if it cannot be read, ReferenceStale if the cases changed since.
    """
    path = home / f"{PEER.id}.json"
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        cases = told["cases"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReferenceTampered(f"{path} cannot be read ({error}); record it again") from error
    if cases != file_digest(home / CASES):
        raise ReferenceStale(
            f"{path} answers other cases; run: truefill parity statistics --record"
        )
    return told


def record_statistics(home: Path = HOME, say: Callable[[str], None] = lambda _text: None) -> None:
    """Ask the libraries again in their environment, and store what they say.

    Raises PeerMissing if the environment cannot be built, PeerFailed if the recorder fails.
    """
    ask_library(PEER, home / CASES, home, say)
