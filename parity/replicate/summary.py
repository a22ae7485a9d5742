"""The sums of a tree, as one document: the same results give the same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from engine.execution import caveat
from parity.replicate.criteria import CRITERIA
from parity.replicate.job import Entry
from parity.replicate.layout import Tree

AGREES, DIFFERS, BAD_INPUT, NOT_RUN = 0, 1, 2, 3
# Share of the strategies that users ask for.
ASKED: Final = 0.95


def summary_of(tree: Tree, entries: Sequence[Entry], out: Path) -> dict[str, Any]:
    """Everything that can be said of a tree without its tables."""
    return {
        "tree": tree.place.root,
        "model": tree.settings.model,
        "unproven": caveat(tree.settings.model),
        "out": str(out),
        "strange": list(tree.strange),
        "asked": ASKED,
        **sums_of(entries),
        "directions": directions_of(entries),
        "batches": list(entries),
        "exit_code": exit_code(entries),
    }


def sums_of(entries: Sequence[Entry]) -> dict[str, Any]:
    """Counts over some batches."""
    strategies = sum(entry.get("strategies", 0) for entry in entries)
    judged = sum(entry["strategies"] for entry in entries if "criteria" in entry)
    criteria = {
        name: sum(entry["criteria"][name] for entry in entries if "criteria" in entry)
        for name in CRITERIA
    }
    return {
        "batches_by_status": dict(sorted(Counter(e["status"] for e in entries).items())),
        "strategies": strategies,
        "judged": judged,
        "unsupported": sum(entry.get("unsupported", 0) for entry in entries),
        "criteria": criteria,
        "shares": {name: count / judged if judged else None for name, count in criteria.items()},
        "trades": added(entries, "trades", ("theirs", "ours", "equal")),
        "metrics": added(entries, "metrics", ("compared", "exact", "near")),
        "daily": added(entries, "daily", ("compared", "exact", "near")),
        "missing": dict(sorted(Counter(f for e in entries for f in e["missing"]).items())),
        "errors": dict(
            sorted(Counter(e["error"]["kind"] for e in entries if "error" in e).items())
        ),
    }


def added(entries: Sequence[Entry], key: str, names: tuple[str, ...]) -> dict[str, int]:
    """One group of counts, added up."""
    return {name: sum(entry.get(key, {}).get(name, 0) for entry in entries) for name in names}


def directions_of(entries: Sequence[Entry]) -> dict[str, dict[str, Any]]:
    """The sums of each asset and direction."""
    folders: dict[str, list[Entry]] = {}
    for entry in entries:
        folders.setdefault(f"{entry['asset']}_{entry['direction']}", []).append(entry)
    return {name: sums_of(own) for name, own in sorted(folders.items())}


def exit_code(entries: Sequence[Entry]) -> int:
    """0 only if every strategy of every batch was replayed and agrees in all that is stored."""
    failed = [entry["error"]["exit_code"] for entry in entries if entry["status"] == "failed"]
    if NOT_RUN in failed:
        return NOT_RUN
    if failed or any(entry["status"] == "incomplete" for entry in entries):
        return BAD_INPUT
    return AGREES if all(map(agrees, entries)) else DIFFERS


def agrees(entry: Entry) -> bool:
    """All strategies exact, all metrics and days within their tolerance, no stranger named."""
    sums = [entry[key] for key in ("metrics", "daily") if key in entry]
    return (
        entry["criteria"]["exact"] == entry["strategies"]
        and all(one["near"] == one["compared"] for one in sums)
        and not entry.get("candidates_without_signals")
    )
