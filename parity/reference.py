"""A reference is what a platform once answered, stored with its provenance and trusted only whole.

``<root>/<scenario>/<platform.id>/`` holds ``manifest.json`` and the tables as the recorder wrote
them. The manifest names the digests of all that decided the answer (request, bars, script,
recorder, environment) and of every table, and carries a seal over itself. A reference that was
edited, half-written, recorded by something else or before something changed is an error that names
what; it is never compared.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import (
    InputError,
    ReferenceError_,
    ReferenceForeign,
    ReferenceStale,
    ReferenceTampered,
)
from engine.schema import TABLES
from engine.store.aside import folder_aside
from engine.store.digest import file_digest, frame_digest, json_digest
from parity.environments import Environment, environment_digest
from parity.outcome import Missing, Outcome, Recorded, Refused, Unsupported
from parity.peers import wire
from parity.platforms import Platform
from parity.protocol import Recording, read_table, request_of
from scenarios.bundle import dump_head
from scenarios.scenario import Scenario

FORMAT = 1
MANIFEST = "manifest.json"
STORED = ("recorded", "unsupported", "refused")
KEYS = {
    "format", "scenario", "platform", "version", "idiom", "options", "outcome", "reason",
    "message", "digests", "provenance", "counts", "seal",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reference:
    """A stored answer and the manifest that vouches for it; no manifest when it is missing."""

    outcome: Outcome
    manifest: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing an answer changed: new, unchanged, restamped (manifest only) or changed."""

    change: str
    tables: tuple[str, ...] = ()


def folder_of(root: Path, scenario: Scenario, platform: Platform) -> Path:
    """Where a reference lives."""
    return root / scenario.name / platform.id


def how_to_record(scenario: Scenario, platform: Platform) -> str:
    """The command that records this reference again."""
    return f"truefill parity record {scenario.name} --platform {platform.name}+{platform.idiom}"


def input_digests(scenario: Scenario, platform: Platform) -> dict[str, str]:
    """Digests of what is asked and of who asks; prose and features are no part of a request."""
    head = json.loads(dump_head(request_of(scenario, platform)))
    return {
        "request": json_digest({"head": head, "idiom": dict(platform.options)}),
        "bars": frame_digest(scenario.bars),
        "script": frame_digest(scenario.script.frame),
        "recorder": wire.recorder_digest(platform.recorder),
    }


def load_reference(root: Path, scenario: Scenario, platform: Platform) -> Reference:
    """Read and verify a reference; one that is not there is the outcome Missing.

    Raises ReferenceTampered, ReferenceStale, ReferenceForeign, or ReferenceError_ for a
    half-written one; the message names the file or digest and the command to record it again.
    """
    folder = folder_of(root, scenario, platform)
    if not folder.is_dir():
        return Reference(Missing("reference", _missing(folder, scenario, platform)), {})
    again = f"record it again: {how_to_record(scenario, platform)}"
    manifest = read_manifest(folder, again)
    _check_identity(folder, manifest, scenario, platform, again)
    _check_files(folder, manifest, again)
    _check_fresh(folder, manifest, scenario, platform, again)
    return Reference(_outcome(folder, manifest), manifest)


def read_manifest(folder: Path, again: str = "record it again") -> dict[str, Any]:
    """The manifest of a reference folder, once its seal holds."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ReferenceError_(
            f"{path} is not there: the reference is half-written; {again}"
        ) from error
    except (OSError, ValueError) as error:
        raise ReferenceTampered(f"{path} is not JSON: {error}; {again}") from error
    if not isinstance(manifest, dict):
        raise ReferenceTampered(f"{path} must hold one JSON object; {again}")
    if manifest.get("format") != FORMAT:
        found = manifest.get("format")
        raise ReferenceForeign(f"{path}: format {found!r}, this version reads {FORMAT}; {again}")
    if set(manifest) != KEYS or manifest["seal"] != seal_of(manifest):
        raise ReferenceTampered(f"{path} was edited: its seal does not hold; {again}")
    return manifest


def seal_of(manifest: Mapping[str, Any]) -> str:
    """The digest of everything in a manifest but the seal."""
    return json_digest({key: value for key, value in manifest.items() if key != "seal"})


def save_reference(
    root: Path,
    scenario: Scenario,
    platform: Platform,
    recording: Recording,
    environment: Environment,
) -> Stored:
    """Store an answer, aside and then in one step; a failure is no answer and is not stored."""
    manifest = manifest_of(scenario, platform, recording, environment)
    folder = folder_of(root, scenario, platform)
    stored = _compare(folder, manifest)
    if stored.change == "unchanged":
        return stored
    with folder_aside(folder) as aside:
        for name in manifest["digests"]["tables"]:
            shutil.copyfile(recording.folder / f"{name}.parquet", aside / f"{name}.parquet")
        (aside / MANIFEST).write_text(_text(manifest), encoding="utf-8")
    return stored


def manifest_of(
    scenario: Scenario, platform: Platform, recording: Recording, environment: Environment
) -> dict[str, Any]:
    """All that a reader needs to trust, or to distrust, the tables beside it."""
    head, outcome = recording.head, recording.outcome
    if head.get("outcome") not in STORED or not isinstance(
        outcome, Recorded | Unsupported | Refused
    ):
        raise InputError(f"{scenario.name}: {outcome} is no answer and cannot be stored")
    tables = outcome.tables if isinstance(outcome, Recorded) else {}
    digests: dict[str, Any] = dict(input_digests(scenario, platform))
    digests["environment"] = environment.digest
    digests["tables"] = {name: file_digest(recording.folder / f"{name}.parquet") for name in tables}
    manifest = {
        "format": FORMAT,
        "scenario": scenario.name,
        "platform": platform.name,
        "version": platform.version,
        "idiom": platform.idiom,
        "options": dict(platform.options),
        "outcome": head["outcome"],
        "reason": str(head.get("reason", "")),
        "message": str(head.get("message", "")),
        "digests": digests,
        "provenance": {
            "python": head["python"],
            "packages": head["packages"],
            "command": how_to_record(scenario, platform),
        },
        "counts": {
            name: tables[name].height for name in ("orders", "fills", "trades") if name in tables
        },
    }
    return {**manifest, "seal": seal_of(manifest)}


def _text(manifest: Mapping[str, Any]) -> str:
    return json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False) + "\n"


def _compare(folder: Path, manifest: Mapping[str, Any]) -> Stored:
    """What is on disk now against what is about to be stored, table by table."""
    if not folder.is_dir():
        return Stored("new")
    old = {path.stem: file_digest(path) for path in folder.glob("*.parquet")}
    new = manifest["digests"]["tables"]
    changed = tuple(sorted(name for name in {*old, *new} if old.get(name) != new.get(name)))
    try:
        before = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        answers = [(item["outcome"], item["reason"]) for item in (before, manifest)]
    except (OSError, ValueError, KeyError, TypeError):
        return Stored("changed", changed)
    if changed or answers[0] != answers[1]:
        return Stored("changed", changed)
    return Stored("unchanged" if before == manifest else "restamped")


def _missing(folder: Path, scenario: Scenario, platform: Platform) -> str:
    others = sorted(p.name for p in folder.parent.glob(f"{platform.name}@*") if p.is_dir())
    held = f" (there are {', '.join(others)})" if others else ""
    return (
        f"{platform.id} was never recorded for {scenario.name}{held}; "
        f"record it: {how_to_record(scenario, platform)}"
    )


def _check_identity(
    folder: Path, manifest: Mapping[str, Any], scenario: Scenario, platform: Platform, again: str
) -> None:
    wanted = {
        "scenario": scenario.name,
        "platform": platform.name,
        "version": platform.version,
        "idiom": platform.idiom,
    }
    for key, value in wanted.items():
        if manifest.get(key) != value:
            raise ReferenceForeign(
                f"{folder / MANIFEST}: {key} is {manifest.get(key)!r}, wanted is {value!r}; {again}"
            )


def _check_files(folder: Path, manifest: Mapping[str, Any], again: str) -> None:
    """The folder holds just the tables of the manifest, byte for byte."""
    named = manifest["digests"]["tables"]
    for name, digest in named.items():
        path = folder / f"{name}.parquet"
        if not path.is_file():
            raise ReferenceError_(f"{path} is not there: the reference is incomplete; {again}")
        if file_digest(path) != digest:
            raise ReferenceTampered(f"{path} was changed since it was recorded; {again}")
    strangers = sorted(path.name for path in folder.glob("*.parquet") if path.stem not in named)
    if strangers:
        raise ReferenceTampered(f"{folder / strangers[0]} is not in the manifest; {again}")


def _check_fresh(
    folder: Path, manifest: Mapping[str, Any], scenario: Scenario, platform: Platform, again: str
) -> None:
    """Nothing that decided the answer has changed since."""
    line = ".".join(manifest["provenance"]["python"].split(".")[:2])
    now = {
        **input_digests(scenario, platform),
        "environment": environment_digest(platform, line),
    }
    stale = [name for name, digest in now.items() if manifest["digests"].get(name) != digest]
    if stale:
        changed = {"recorder": "its recorder", "environment": "its pinned environment"}
        what = ", ".join(changed.get(name, f"the scenario's {name}") for name in stale)
        raise ReferenceStale(f"{folder}: {what} changed since the recording; {again}")


def _outcome(folder: Path, manifest: Mapping[str, Any]) -> Outcome:
    word = manifest["outcome"]
    if word == "unsupported":
        return Unsupported(manifest["reason"])
    if word == "refused":
        return Refused(manifest["reason"], manifest["message"])
    if word != "recorded":
        raise ReferenceError_(f"{folder / MANIFEST}: outcome {word!r} is none of {STORED}")
    named = manifest["digests"]["tables"]
    return Recorded(
        {name: read_table(folder / f"{name}.parquet", name) for name in TABLES if name in named}
    )
