"""From a folder of captures to the readings they support, and to references in the store."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.store.aside import folder_aside
from engine.store.digest import file_digest
from parity.captures.findings import Answer, Findings, Reading
from parity.captures.model import POSSIBLE, Settings, default_of, explaining, played
from parity.captures.read import HEAD, ORDERS, Capture, read_captures
from parity.peers.vectorbt_pro.captures import CAPTURES

INDEX = "captures.json"
Domains = dict[str, tuple[Any, ...]]


def import_captures(folder: Path, store: Path | None = None) -> Findings:
    """Say which reading of each rule the captures in a folder support.

    With ``store`` the captures that could be read are kept there as references, whole or not at
    all, with the digest of every file. Raises InputError for a folder without captures; one that
    cannot be used is an answer of the findings, and the others are still read.
    """
    captures, broken = read_captures(folder)
    findings = find(captures, broken)
    if store is not None:
        keep(folder, captures, findings, store)
    return findings


def find(captures: Sequence[Capture], broken: Mapping[str, str]) -> Findings:
    """Every capture under every reading it asks about; what is left of each rule."""
    fitting = {one.name: explaining(one) for one in captures if not one.refusal}
    domains: Domains = dict(POSSIBLE)
    contradicting = narrow(domains, {name: sets for name, sets in fitting.items() if sets})
    read = {one.name: one for one in captures}
    answers = tuple(
        answer_of(name, read.get(name), fitting.get(name), broken, contradicting)
        for name in CAPTURES
    )
    strange = (
        Answer(name, (), "broken", text) for name, text in broken.items() if name not in CAPTURES
    )
    explained = {answer.name for answer in answers if answer.word == "explained"}
    first = captures[0] if captures else None
    return Findings(
        package=first.package if first else "",
        version=first.version if first else "",
        answers=(*answers, *strange),
        readings=tuple(
            Reading(
                rule,
                default_of(rule),
                domains[rule],
                values,
                tuple(name for name in CAPTURES if name in explained and rule in asks_of(name)),
            )
            for rule, values in POSSIBLE.items()
        ),
    )


def asks_of(name: str) -> tuple[str, ...]:
    """The rules a story asks about."""
    return tuple(CAPTURES[name]["asks"])


def narrow(domains: Domains, fitting: Mapping[str, set[Settings]]) -> set[str]:
    """Take from each rule the readings that no capture about it allows, until nothing changes.

    Returns the captures that fit only readings which others rule out; they are left aside.
    """
    contradicting: set[str] = set()
    changed = True
    while changed:
        changed = False
        for name, settings in fitting.items():
            asks = asks_of(name)
            left = [one for one in settings if allowed(asks, one, domains)]
            if name in contradicting:
                continue
            if not left:
                contradicting.add(name)
                continue
            for place, rule in enumerate(asks):
                seen = {one[place] for one in left}
                kept = tuple(value for value in domains[rule] if value in seen)
                changed |= kept != domains[rule]
                domains[rule] = kept
    return contradicting


def allowed(asks: Sequence[str], setting: Settings, domains: Domains) -> bool:
    """Whether every rule may still be read this way."""
    return all(value in domains[rule] for rule, value in zip(asks, setting, strict=True))


def answer_of(
    name: str,
    capture: Capture | None,
    fitting: set[Settings] | None,
    broken: Mapping[str, str],
    contradicting: set[str],
) -> Answer:
    """What became of one story."""
    asks = asks_of(name)
    if name in broken:
        return Answer(name, asks, "broken", broken[name])
    if capture is None:
        return Answer(name, asks, "missing", "it is not in the folder")
    if capture.refusal:
        return Answer(name, asks, "refused", capture.refusal)
    if not fitting:
        return Answer(name, asks, "unexplained", told_apart(capture))
    if name in contradicting:
        return Answer(name, asks, "contradicts", "other captures rule out what would explain it")
    return Answer(name, asks, "explained")


def told_apart(capture: Capture) -> str:
    """The platform's orders beside those of the model under its defaults."""
    asks = capture.story["asks"]
    ours = played(capture.story, asks, [tuple(map(default_of, asks))])
    theirs = [f"bar {bar}: {size:+g} at {price:g}" for bar, size, price, _ in capture.orders.rows()]
    own = [f"bar {row['bar']}: {row['quantity']:+g} at {row['price']:g}" for row in ours]
    return f"it filled {', '.join(theirs) or 'nothing'}; the model {', '.join(own) or 'nothing'}"


def keep(folder: Path, captures: Sequence[Capture], findings: Findings, store: Path) -> None:
    """Copy the captures, with an index of their digests and of what they support."""
    with folder_aside(store) as aside:
        digests = {}
        for one in captures:
            (aside / one.name).mkdir()
            for file in (HEAD, ORDERS):
                shutil.copyfile(folder / one.name / file, aside / one.name / file)
                digests[f"{one.name}/{file}"] = file_digest(aside / one.name / file)
        index = {
            "package": findings.package,
            "version": findings.version,
            "options": dict(findings.options),
            "files": digests,
        }
        (aside / INDEX).write_text(json.dumps(index, indent=1, sort_keys=True) + "\n", "utf-8")


def stored_captures(store: Path) -> Findings:
    """The findings of captures in the store; raises InputError for a file that was changed."""
    try:
        index = json.loads((store / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{store / INDEX}: it cannot be read: {error}") from error
    for file, digest in index["files"].items():
        if not (store / file).is_file() or file_digest(store / file) != digest:
            raise InputError(f"{store / file}: its bytes are not those that were imported")
    return import_captures(store)
