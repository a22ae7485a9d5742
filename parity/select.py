"""Which scenarios are meant: by a text, a pattern or a name, with close ones when none is."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from engine.errors import ScenarioError
from scenarios import Scenario
from scenarios.load import FOUND, LIBRARY, found_bundles, library_files, load_library


def choose(select: str | None) -> list[Scenario]:
    """The scenarios whose ``topic/name`` matches; if there are none, name some that are close."""
    keys = [*library_files(LIBRARY), *found_bundles(FOUND)]
    plain = select is not None and not set(select) & set("*?")
    if select is not None and plain and not any(select in key for key in keys):
        raise ScenarioError(f"no scenario matches {select!r}; {_close(select, keys)}")
    return load_library(select)


def choose_one(name: str) -> Scenario:
    """The scenario of this name, or the only one that matches."""
    found = choose(name)
    exact = [story for story in found if name in (story.name, f"{story.topic}/{story.name}")]
    if len(exact or found) > 1:
        told = ", ".join(story.name for story in found[:8])
        more = ", ..." if len(found) > 8 else ""
        raise ScenarioError(f"{name!r} matches {len(found)} scenarios ({told}{more}); name one")
    return (exact or found)[0]


def _close(select: str, keys: Sequence[str]) -> str:
    names = {part for key in keys for part in key.split("/")}
    close = get_close_matches(select, sorted(names), n=3, cutoff=0.4)
    return f"close ones are {', '.join(close)}" if close else "see truefill parity list"
