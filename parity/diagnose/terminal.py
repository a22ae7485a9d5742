"""A diagnosis on a terminal of 80 columns or more."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from parity.diagnose.picture import CUT, blocks, is_cut, rows_of, told
from parity.report.words import counted

Document = dict[str, Any]
STYLES = {"sum": "cyan", "less": "red", "more": "green"}
BARS = 24
MEANING = (
    "Out of place: trades of either side without a twin on the same bars at the same prices. "
    "Differing: without one that has the same size and fees as well."
)


def draw_diagnosis(document: Document) -> list[RenderableType]:
    """Headline, the rules found, where it begins, what was tried, and the money."""
    parts: list[RenderableType] = [
        Text.assemble((document["name"], "bold"), ": ", (document["headline"], "bold"))
    ]
    if document["same"]:
        return parts
    parts += [Padding(Text(f"- {rule}"), (0, 0, 0, 2)) for rule in document["rules"]]
    parts += [Text(line, style="yellow") for line in notes(document)]
    if document["parting"]:
        parts += parting_of(document)
    meaning = Text(MEANING, style="dim")
    return [
        *parts,
        tried_of(document),
        meaning,
        Text(""),
        *money_of(document),
        Text(document["caveat"], style="dim"),
    ]


def notes(document: Document) -> list[str]:
    """What is left, and what would explain it as well."""
    lines = [document["left"]] if document["left"] else []
    return lines + [f"As well by: {'; '.join(other)}" for other in document["others"][:3]]


def parting_of(document: Document) -> list[RenderableType]:
    """The first trade that differs, on both sides."""
    first = document["parting"]
    head = Text(f"\nThey part on bar {first['bar']} ({first['time']} UTC).", style="bold")
    sides = (("theirs", first["reference"]), ("ours", first["replay"]))
    return [
        head,
        *(Padding(Text.assemble((f"{who}: ", "cyan"), told), (0, 0, 0, 2)) for who, told in sides),
    ]


def tried_of(document: Document) -> Table:
    """What was tried, least left first."""
    title = f"{counted(document['replays'], 'set')} of rules replayed; those nearest:"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    table.add_column("if", overflow="fold")
    for head in ("trades", "out of place", "differing", "PnL"):
        table.add_column(head, justify="right")
    for one in document["tried"]:
        numbers = [str(one["trades"]), str(one["misplaced"]), str(one["differing"])]
        style = "green" if not one["differing"] else ""
        table.add_row(Text("; ".join(one["rules"])), *numbers, f"{one['pnl']:,.2f}", style=style)
    return table


def money_of(document: Document) -> list[RenderableType]:
    """From their PnL to ours, step by step."""
    rows = rows_of(document)
    if not rows:
        return [Text("The PnL is no number, so there is no way from theirs to ours.")]
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for row, bar in zip(rows, blocks(rows, BARS), strict=True):
        table.add_row(Text(row.label), told(row), Text(bar, style=STYLES[row.kind]))
    note = [Text(CUT, style="dim")] if is_cut(rows) else []
    return [Text("From their PnL to ours", style="bold"), table, *note]
