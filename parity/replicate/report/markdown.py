"""The page of a replicated tree."""

from __future__ import annotations

from typing import Any, Final

from parity.replicate.criteria import CRITERIA, WORDS
from parity.replicate.report.words import (
    HEADS,
    causes,
    failures,
    percent,
    rows_of,
    sentences,
    verdict,
)

# Strategies of a batch whose diagnosis the page tells.
SHOWN: Final = 3


def render(document: dict[str, Any], picture: str = "") -> str:
    """The page; ``picture`` is the name of the file that shows it, if there is one."""
    parts = [
        f"# {document['tree']}",
        f"Replicated under the execution model `{document['model']}`: {verdict(document)}.",
        _table(list(HEADS), rows_of(document), numbers=1),
        "\n".join(f"- {line}" for line in sentences(document)),
    ]
    if picture:
        parts.append(f"![shares by batch, and how far PnL is apart]({picture})")
    failed = failures(document)
    if failed:
        parts += ["## Batches that could not be used", _table(["batch", "why"], map(list, failed))]
    low = [batch for batch in document["batches"] if _below(batch)]
    if low:
        heads = ["batch", "strategies", *(WORDS[name] for name in CRITERIA)]
        parts += ["## Batches that do not replicate in full", _table(heads, map(_row, low), 1)]
    return "\n\n".join([*parts, *_why(document)]) + "\n"


def _why(document: dict[str, Any]) -> list[str]:
    """What explains the strategies that were diagnosed, and each of them with its money."""
    why = causes(document)
    if not why:
        return []
    rows = [[words, str(count)] for words, count in why]
    parts = ["## Why", _table(["rule changes that remove every difference", "strategies"], rows, 1)]
    for batch in document["batches"]:
        parts += [_cause(batch["batch"], cause) for cause in batch.get("causes", [])[:SHOWN]]
    return parts


def _cause(batch: str, cause: dict[str, Any]) -> str:
    """One strategy: where the ledgers part, by which rules, and the money of each."""
    lines = [f"### {batch}, {cause['strategy']}", ""]
    if "why" in cause:
        return "\n".join([*lines, f"Not diagnosed: {cause['why']}."])
    found = "; ".join(cause["changes"]) or "no set of rules"
    rest = "nothing" if cause["explained"] else f"{cause['left']:,} trades"
    lines += [f'Under "{found}" {rest} of {cause["differing"]:,} differing trades is left.', ""]
    parting = cause["parting"]
    if parting:
        lines += [
            f"First apart on bar {parting['bar']} ({parting['time']}): theirs {parting['theirs']}; "
            f"ours {parting['ours']}.",
            "",
        ]
    steps = [[s["label"], f"{s['money']:,.2f}", f"{s['after']:,.2f}"] for s in cause["steps"]]
    return "\n".join([*lines, _table(["step", "money", "PnL after it"], steps, 1)])


def _below(batch: dict[str, Any]) -> bool:
    return "criteria" in batch and batch["criteria"]["exact"] < batch["strategies"]


def _row(batch: dict[str, Any]) -> list[str]:
    count = batch["strategies"]
    shares = [percent(batch["criteria"][name] / count if count else None) for name in CRITERIA]
    return [batch["batch"], str(count), *shares]


def _table(heads: list[str], rows: Any, numbers: int = 99) -> str:
    rule = ["--:" if place >= numbers else "---" for place in range(len(heads))]
    lines = [heads, rule, *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
