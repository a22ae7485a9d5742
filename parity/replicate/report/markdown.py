"""The page of a replicated tree."""

from __future__ import annotations

from typing import Any

from parity.replicate.criteria import CRITERIA, WORDS
from parity.replicate.report.words import (
    HEADS,
    failures,
    percent,
    rows_of,
    sentences,
    verdict,
)


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
    return "\n\n".join(parts) + "\n"


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
