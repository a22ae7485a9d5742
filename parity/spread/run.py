"""The comparison from end to end: find the script, choose platforms, play, tell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.errors import InputError, OptionError, ScenarioError
from parity.platforms import OURS, Platform, find_platforms
from parity.replay import replay
from parity.select import choose_one
from parity.spread.document import build_document
from parity.spread.side import Play, Step, play_all
from scenarios import Scenario, load_bundle
from scenarios.load import ROOT, load_scenario


def compare_platforms(
    what: str,
    *,
    platforms: Sequence[str] = (),
    models: Sequence[str] = (),
    play: Play | None = None,
    step: Step = lambda _what, _done, _total: None,
) -> dict[str, Any]:
    """Play one script on the chosen platforms (all of them if none is named) and tell them apart.

    ``what`` is a bundle's folder, a scenario's file or a library scenario's name; ``platforms`` are
    names, name+idiom or ids, ``models`` execution models. Raises InputError for what cannot be
    used; a platform that cannot express the script, or that crashes, is an answer.
    """
    scenario = find_script(what)
    chosen = choose_platforms(platforms, models)
    return build_document(scenario, play_all(scenario, chosen, play=play or replay, step=step))


def find_script(what: str) -> Scenario:
    """The scenario of a bundle, of a .toml file, or of a name in the library."""
    path = Path(what)
    if path.is_dir():
        return load_bundle(path)
    if path.suffix == ".toml":
        return load_scenario(path, ROOT)
    try:
        return choose_one(what)
    except ScenarioError as error:
        raise ScenarioError(f"{what} is no bundle folder, and {error}") from error


def choose_platforms(names: Sequence[str], models: Sequence[str]) -> tuple[Platform, ...]:
    """Those of any of the names and, if models are named, of any of them; each once, in order.

    Our own model plays where it is asked for: it is no platform, and belongs to no engine spread.
    """
    asked = OURS.name in (*names, *models)
    every = (*find_platforms(), *([OURS] * asked))
    known = {platform.model for platform in every}
    odd = sorted(set(models) - known)
    if odd:
        raise OptionError(f"unknown model {odd[0]!r}; the models are {', '.join(sorted(known))}")
    named = {peer.id for name in names for peer in _named(name)} if names else None
    chosen = tuple(
        peer
        for peer in every
        if (named is None or peer.id in named) and (not models or peer.model in models)
    )
    if not chosen:
        raise InputError(f"no platform of {', '.join(names)} is played by {', '.join(models)}")
    return chosen


def _named(name: str) -> tuple[Platform, ...]:
    return (OURS,) if name == OURS.name else find_platforms(name)
