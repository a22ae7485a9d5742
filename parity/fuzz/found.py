"""Keep a divergence that was found, as a scenario of the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.store.digest import json_digest
from parity.platforms import PLATFORMS, Platform
from parity.reference import input_digests
from parity.report.document import dump
from scenarios import Scenario, save_bundle
from scenarios.features import features_of
from scenarios.load import FOUND

NOTE = "found.json"


def save_found(
    scenario: Scenario,
    platform: Platform,
    note: Mapping[str, Any],
    *,
    headline: str,
    folder: Path = FOUND,
) -> Path:
    """Write ``folder/<digest>``: the bundle, and ``found.json`` with what diverged and where from.

    The same story found twice has the same digest, so it is kept once. From then on it is recorded
    and replayed like any other scenario, in every idiom of the platform.
    """
    bare = replace(scenario, name="")
    name = json_digest(input_digests(bare, replace(platform, options={})))[:12]
    story = replace(
        scenario,
        name=name,
        title=f"Found by the live check against {platform.name}",
        topic="found",
        rule=headline,
        platforms={platform.name: idioms_of(platform)},
    )
    bundle = save_bundle(features_of(story, [], stored=False), folder / name)
    (bundle / NOTE).write_text(dump(note), encoding="utf-8")
    return bundle


def idioms_of(platform: Platform) -> tuple[str, ...]:
    """All idioms of a platform."""
    return tuple(item.idiom for item in PLATFORMS if item.name == platform.name)
