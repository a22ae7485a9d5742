"""The report on a terminal, wide or narrow, with or without colours."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from parity.report.columns import Column, cell_of, columns_of
from parity.report.words import (
    COUNTED,
    LAID_OUT,
    STATUSES,
    by_topic,
    counted,
    counts_of,
    laid_out,
    moment,
    number,
)

# Below this width the counts leave the table: a verdict matters more.
WIDE = 108
# A broken rule may turn a hundred verdicts red; the first few tell the story.
LISTED = 10


@dataclass(frozen=True, slots=True)
class Matrix:
    """Scenario x platform, grouped by topic; as wide as the terminal lets it be."""

    document: dict[str, Any]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it at the width there is."""
        wide = options.max_width >= WIDE
        columns = columns_of(self.document["platforms"], self.document["scenarios"])
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("scenario", overflow="fold", min_width=24)
        for name in ("bars", *COUNTED) if wide else ():
            table.add_column(name, justify="right", no_wrap=True)
        for column in columns:
            table.add_column(column.title.replace(" ", "\n"), overflow="fold")
        for topic, scenarios in by_topic(self.document["scenarios"]).items():
            table.add_row(Text(topic, style="bold"))
            for scenario in scenarios:
                counts = [str(scenario["bars"]), *counts_of(scenario)] if wide else []
                cells = [_cell(scenario, column) for column in columns]
                table.add_row(Text(f"  {scenario['name']}"), *counts, *cells)
        yield table


def _cell(scenario: dict[str, Any], column: Column) -> Text:
    return Text("\n").join(Text(*word) for word in cell_of(scenario, column))


def draw_matrix(document: dict[str, Any]) -> list[RenderableType]:
    """All verdicts, then every reason to look closer, then the sum in one line."""
    return [Matrix(document), *_reasons(document), _sum(document)]


def draw_gate(document: dict[str, Any]) -> list[RenderableType]:
    """Only what closes the gate, and the sum."""
    return [*_reasons(document), _sum(document)]


def _reasons(document: dict[str, Any]) -> list[RenderableType]:
    """Why it is not all green, and how to see more."""
    reasons = document["reasons"]
    if not reasons:
        return []
    hint = "Look closer: truefill parity show SCENARIO [--platform PLATFORM]\n"
    if len(reasons) > LISTED:
        hint = f"and {len(reasons) - LISTED} more; --report DIR writes them all\n{hint}"
    # A crash tells pages; its first line names it, and the report has the rest.
    told = [Text(f"{reason.splitlines()[0]}\n", style="red") for reason in reasons[:LISTED]]
    return [*told, Text(hint, style="dim")]


def _sum(document: dict[str, Any]) -> Text:
    totals = document["totals"]
    told = [
        f"{totals[status]} {STATUSES[status].text}" for status in STATUSES if totals.get(status)
    ]
    sums = counted(len(document["scenarios"]), "scenario"), counted(sum(totals.values()), "verdict")
    line = f"{', '.join(sums)}: {', '.join(told) or 'none'}"
    return Text(line, style="bold red" if document["exit_code"] else "bold green")


def draw_list(document: dict[str, Any]) -> list[RenderableType]:
    """The scenarios and what each tells."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("scenario", overflow="fold")
    table.add_column("bars", justify="right")
    table.add_column("what it tells", overflow="fold")
    table.add_column("platforms", overflow="fold")
    for topic, scenarios in by_topic(document["scenarios"]).items():
        table.add_row(Text(topic, style="bold"))
        for scenario in scenarios:
            asked = "\n".join(f"{n} {', '.join(i)}" for n, i in scenario["platforms"].items())
            told = Text(scenario["title"])
            table.add_row(Text(f"  {scenario['name']}"), str(scenario["bars"]), told, asked)
    return [table, Text(counted(len(document["scenarios"]), "scenario"))]


def draw_looks(document: dict[str, Any]) -> list[RenderableType]:
    """Every look at one scenario."""
    return [part for one in document["looks"] for part in draw_view(one)]


def draw_view(document: dict[str, Any]) -> list[RenderableType]:
    """One scenario on one platform, looked at closely."""
    verdict, view = document["verdict"], document["view"]
    parts: list[RenderableType] = [
        Text.assemble(
            (view["scenario"], "bold"), f" on {view['platform']}: ", STATUSES[verdict["status"]]
        ),
        Text(view["title"]),
        Text(view["rule"], style="dim"),
    ]
    if verdict["headline"]:
        parts.append(Text(f"\n{verdict['headline']}\n", style="bold"))
    if view["cause"]:
        parts.append(_cause(view["cause"]))
    parts.append(_bars(view))
    parts += [_ledger(name, rows) for name, rows in view["ledgers"].items()]
    parts.append(Text(f"again: {verdict['command']}\n", style="dim"))
    return parts


def _cause(cause: dict[str, Any]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    # How many floats lie between two values says something only while they are few.
    told = cause | ({"ulps": None} if (cause["ulps"] or 0) > 1_000_000 else {})
    for name, value in told.items():
        if value is not None and value != "":
            text = moment(value) if name == "timestamp" else number(value)
            table.add_row(Text(name, style="dim"), Text(text))
    return table


def _bars(view: dict[str, Any]) -> Table:
    title = f"bars of {view['symbol']}"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    table.add_column("time", no_wrap=True)
    for name in ("open", "high", "low", "close"):
        table.add_column(name, justify="right")
    for bar in view["bars"]:
        here = bar["timestamp"] == view["focus"]
        prices = [number(bar[name]) for name in ("open", "high", "low", "close")]
        mark = " <" if here else ""
        table.add_row(moment(bar["timestamp"]) + mark, *prices, style="bold" if here else None)
    return table


def _ledger(name: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=name, title_justify="left")
    for head in LAID_OUT:
        table.add_column(head, overflow="fold")
    for row in rows:
        cells = laid_out(name, row)
        table.add_row(*map(Text, cells), style="red" if cells[-1] else None)
    if not rows:
        table.add_row(Text("no rows", style="dim"))
    return table


def draw_recording(document: dict[str, Any]) -> list[RenderableType]:
    """What recording came to: what is new, what changed, what failed."""
    recorded = document["recorded"]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("scenario", "platform", "outcome", "reference", "why"):
        table.add_column(head, overflow="fold")
    told = [one for one in recorded if one["change"] != "unchanged"]
    for one in told:
        change = " ".join([one["change"], *one["tables"]])
        cells = [one["scenario"], one["platform"], one["outcome"], change, one["message"]]
        table.add_row(*map(Text, cells), style="red" if one["outcome"] == "failed" else None)
    changes = Counter(one["change"] for one in recorded)
    counts = ", ".join(f"{count} {change}" for change, count in sorted(changes.items()))
    line = Text(f"{counted(len(recorded), 'answer')}: {counts or 'none was asked for'}")
    return [table, line] if told else [line]


def draw_run(head: dict[str, Any], out: Path) -> list[RenderableType]:
    """What a bundle's run wrote, and those of its metrics that are defined."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in head["metrics"].items():
        if math.isnan(value):
            continue
        table.add_row(Text(name, style="dim"), Text(number(value)))
    rows = ", ".join(f"{count} {name}" for name, count in head["rows"].items())
    caveat = [Text(f"{head['model']} is {head['caveat']}", style="yellow")]
    return [
        Text.assemble((head["scenario"], "bold"), f" under {head['model']}: {rows}"),
        *(caveat if head["caveat"] else []),
        table,
        Text(f"written to {out}"),
    ]
