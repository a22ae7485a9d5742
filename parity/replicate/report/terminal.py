"""The sums of a tree on a terminal."""

from __future__ import annotations

from typing import Any, Final

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from parity.replicate.report.words import HEADS, causes, failures, rows_of, sentences, verdict

LISTED: Final = 10


def draw_tree(document: dict[str, Any]) -> list[RenderableType]:
    """Shares per direction, then what is missing or failed, then the sum in one line."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in HEADS:
        table.add_column(head, justify="right" if head else "left", no_wrap=not head)
    for row in rows_of(document):
        table.add_row(*(Text(cell) for cell in row), style="bold" if row[0] == "all" else None)
    parts: list[RenderableType] = [table, *(Text(line) for line in sentences(document))]
    why = causes(document)
    if why:
        parts.append(Text("Rule changes that explain the strategies diagnosed:"))
        parts += [Text(f"  {words} : {count}") for words, count in why[:LISTED]]
    failed = failures(document)
    parts += [Text(f"{name}: {reason}", style="red") for name, reason in failed[:LISTED]]
    if len(failed) > LISTED:
        parts.append(Text(f"and {len(failed) - LISTED} more, in report.json", style="red"))
    parts.append(Text(f"results in {document['out']}", style="dim"))
    style = "bold green" if document["exit_code"] == 0 else "bold red"
    return [*parts, Text(verdict(document), style=style)]


def draw_recorded(document: dict[str, Any]) -> list[RenderableType]:
    """What was recorded."""
    told = document["platform"]
    bars = ", ".join(f"{count:,} bars of {asset}" for asset, count in document["bars"].items())
    return [
        Text(
            f"{document['strategies']:,} strategies in {document['batches']} batches, played by "
            f"{told['platform']} {told['version']} on {bars}"
        ),
        Text(f"written to {document['tree']}"),
    ]
