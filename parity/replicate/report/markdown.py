"""The page of a replicated tree."""

from __future__ import annotations

from typing import Any, Final

from parity.diagnose import markdown as diagnosis
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

# Diagnoses that the page tells in full.
SHOWN: Final = 10
PICTURES: Final = "why"


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
    for name, cause in told_causes(document):
        picture = f"{PICTURES}/{file_of(name, cause)}" if cause.get("steps") else ""
        own = {**cause, "name": f"{name}, {cause['name']}"}
        parts.append(
            f"### {own['name']}\n\nNot diagnosed: {cause['why']}."
            if "why" in cause
            else diagnosis.render(own, picture, level=3).rstrip()
        )
    return parts


def told_causes(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The diagnoses that the page tells, with their batch: one each of the first few batches."""
    told = [
        (batch["batch"], batch["causes"][0]) for batch in document["batches"] if batch.get("causes")
    ]
    return told[:SHOWN]


def file_of(batch: str, cause: dict[str, Any]) -> str:
    """The file that shows the money of a diagnosis."""
    return f"{batch}_{cause['name']}".replace("/", "_") + ".svg"


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
