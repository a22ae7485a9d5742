"""Known divergences are data, and strict: they neither hide another nor outlive their cause."""

from __future__ import annotations

import operator
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from engine.errors import KnownError
from parity.platforms import Platform
from parity.verdict import Status, Verdict

FILE: Final = Path(__file__).with_name("known_divergences.toml")
_RANGE: Final = re.compile(r"(>=|<=|==|!=|<|>)\s*(\d+(?:\.\d+)*)")
_TESTS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Known:
    """One accepted divergence: where it is, what causes it, why it is accepted."""

    id: str
    scenario: str
    platform: str
    versions: str
    cause: str
    reason: str
    link: str
    fingerprint: str

    def covers(self, platform: Platform) -> bool:
        """Whether the platform, at this version and in this idiom, is meant."""
        named = self.platform in (platform.name, f"{platform.name}+{platform.idiom}")
        return named and within(platform.version, self.versions)


@dataclass(frozen=True, slots=True)
class KnownDivergences:
    """The whole file."""

    entries: tuple[Known, ...] = ()
    ceiling: int = 0

    def find(self, scenario: str, platform: Platform) -> Known | None:
        """The entry for one scenario on one platform; two are an error."""
        found = [e for e in self.entries if e.scenario == scenario and e.covers(platform)]
        if len(found) > 1:
            ids = ", ".join(entry.id for entry in found)
            raise KnownError(f"known divergences {ids} both cover {scenario} on {platform.id}")
        return found[0] if found else None

    def dangling(self, scenarios: Iterable[str], platforms: Iterable[Platform]) -> tuple[str, ...]:
        """What no scenario or no platform can ever meet, a sentence for each entry."""
        names, peers = set(scenarios), tuple(platforms)
        told = []
        for entry in self.entries:
            if entry.scenario not in names:
                told.append(f"known divergence {entry.id}: there is no scenario {entry.scenario!r}")
            elif not any(entry.covers(platform) for platform in peers):
                peer = f"{entry.platform} {entry.versions}"
                told.append(f"known divergence {entry.id}: there is no platform {peer!r}")
        return tuple(told)


def load_known(path: Path = FILE) -> KnownDivergences:
    """Read the file; anything odd in it is an error that names the entry and the key."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KnownError(f"{path}: {error}") from error
    unknown = sorted(set(data) - {"ceiling", "known"})
    if unknown:
        raise KnownError(f"{path}: unknown keys {unknown}; the keys are ceiling and known")
    ceiling, rows = data.get("ceiling"), data.get("known", [])
    if type(ceiling) is not int or ceiling < 0:
        raise KnownError(f"{path}: ceiling must be a whole number, 0 or more, not {ceiling!r}")
    if not isinstance(rows, list):
        raise KnownError(f"{path}: write each entry under [[known]]")
    entries = tuple(_read(row, f"{path}: entry {number}") for number, row in enumerate(rows, 1))
    twice = sorted({e.id for e in entries if sum(other.id == e.id for other in entries) > 1})
    if twice:
        raise KnownError(f"{path}: {', '.join(twice)} occurs twice; ids are unique")
    if len(entries) > ceiling:
        raise KnownError(
            f"{path}: {len(entries)} entries, but the ceiling is {ceiling} and may only fall; "
            "mend the engine instead"
        )
    return KnownDivergences(entries, ceiling)


def weigh(verdict: Verdict, platform: Platform, known: KnownDivergences) -> Verdict:
    """Turn a divergence that is known into "known", and one that is gone into "stale_known"."""
    entry = known.find(verdict.scenario, platform)
    if entry is None:
        return verdict
    if verdict.status is Status.DIVERGES:
        if verdict.fingerprint == entry.fingerprint:
            reason = f"{entry.reason} ({entry.cause}, {entry.link})"
            return replace(verdict, status=Status.KNOWN, reason=reason, known=entry.id)
        reason = (
            f"{verdict.reason}; this is another divergence than the known one {entry.id}: "
            f"fingerprint {verdict.fingerprint}"
        )
        return replace(verdict, reason=reason)
    if verdict.status in (Status.AGREES, Status.UNSUPPORTED):
        reason = f"the known divergence {entry.id} no longer happens; take it out of {FILE.name}"
        return replace(verdict, status=Status.STALE_KNOWN, reason=reason, known=entry.id)
    return verdict


def within(version: str, versions: str) -> bool:
    """Whether a version lies in a range such as ``>=1.0,<2``; ``*`` is every version."""
    if versions.strip() == "*":
        return True
    return all(_holds(version, part.strip()) for part in versions.split(","))


def _holds(version: str, part: str) -> bool:
    found = _RANGE.fullmatch(part)
    if found is None:
        raise KnownError(f'version range {part!r}: write it as ">=1.0,<2" or "*"')
    sides = [[int(digits) for digits in re.findall(r"\d+", text)] for text in (version, found[2])]
    longest = max(map(len, sides))
    first, second = (side + [0] * (longest - len(side)) for side in sides)
    return _TESTS[found[1]](first, second)


def _read(row: Any, where: str) -> Known:
    names = [item.name for item in fields(Known)]
    if not isinstance(row, dict) or set(row) != set(names):
        raise KnownError(f"{where}: its keys must be just {names}")
    for name, value in row.items():
        if not isinstance(value, str) or not value.strip():
            raise KnownError(f"{where}: {name} must be text and not empty")
    if not re.fullmatch(r"\S+:\S+", row["cause"]):
        raise KnownError(f'{where}: cause {row["cause"]!r}; write it as "file:function"')
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", row["fingerprint"]):
        raise KnownError(f"{where}: fingerprint must be sha256: and 64 hex digits")
    within("0", row["versions"])
    return Known(**row)
