"""The comparison on a terminal of 80 columns or more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from parity.spread.picture import span, spark
from parity.spread.sentences import (
    account_line,
    bars_line,
    caveat_lines,
    later_head,
    not_played,
    parting_head,
    rule_line,
    spread_lines,
    title_lines,
)
from parity.spread.words import deeds, money, percent

Document = dict[str, Any]
WIDE = 90
END = "final equity"


@dataclass(frozen=True, slots=True)
class Ends:
    """A row per platform that played; the curve takes what room the terminal leaves."""

    document: Document

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it at the width there is."""
        document = self.document
        curves = document["curves"]["equity"]
        low, high = span(curves)
        names = {i: group["name"] for group in document["groups"] for i in group["platforms"]}
        played = [one for one in document["platforms"] if one["outcome"] == "played"]
        # A platform's version is on the page anyway: where there is little room it goes first.
        short = options.max_width < WIDE
        longest = max((len(_name(one, short)) for one in played), default=0)
        ends = max((len(money(one["end"])) for one in played), default=0)
        room = max(4, min(40, options.max_width - longest - max(ends, len(END)) - 37))
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("platform", no_wrap=True)
        for head in ("fills", "trades", END, "return"):
            table.add_column(head, justify="right", no_wrap=True)
        table.add_column("equity", no_wrap=True)
        for one in played:
            trades = "-" if one["trades"] is None else str(one["trades"])
            curve = spark(curves[names[one["id"]]], low, high, room)
            numbers = [str(one["fills"]), trades, money(one["end"]), percent(one["return"])]
            table.add_row(Text(_name(one, short)), *numbers, Text(curve, style="cyan"))
        yield table


def draw_comparison(document: Document) -> list[RenderableType]:
    """The page: who played, the spread, where and why they part."""
    title, *rule = title_lines(document)
    parts: list[RenderableType] = [Text(title, style="bold")]
    parts += [Text(line, style="dim") for line in (*rule, account_line(document))]
    if document["groups"]:
        parts.append(Ends(document))
    else:
        parts.append(Text("\nNo platform plays this script.", style="bold"))
    parts += [Text(line, style="yellow") for line in caveat_lines(document)]
    parts += [_unplayed(document), *_spread(document), *_parting(document)]
    return [part for part in parts if part]


def _name(platform: Document, short: bool) -> str:
    version = "" if short else f" {platform['version']}"
    return f"{platform['name']}{version} {platform['idiom']}"


def _unplayed(document: Document) -> RenderableType:
    rows = not_played(document)
    if not rows:
        return ""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for name, told, failed in rows:
        table.add_row(Text(name), Text(told), style="bold red" if failed else "yellow")
    return Padding(table, (0, 0, 1, 0))


def _spread(document: Document) -> list[RenderableType]:
    lines = spread_lines(document)
    return [Text(line, style="" if at else "bold") for at, line in enumerate(lines)]


def _parting(document: Document) -> list[RenderableType]:
    """What each did on the first bar on which they part, and by which rule."""
    parting = document["parting"]
    if parting is None:
        return []
    symbols = len(document["scenario"]["symbols"])
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("platform", overflow="fold")
    table.add_column("on this bar", overflow="fold")
    for head in ("cash after", "equity"):
        table.add_column(head, justify="right", no_wrap=True)
    for one in parting["did"]:
        did = "\n".join(deeds(one["events"], symbols))
        table.add_row(Text(one["name"]), Text(did), money(one["cash"]), money(one["equity"]))
    lines = [Text(line, style="dim") for line in bars_line(document)]
    return [Text(f"\n{parting_head(document)}", style="bold"), *lines, table, *_rules(document)]


def _rules(document: Document) -> list[RenderableType]:
    """By which rules they part on that bar; then those that went on together."""
    parts: list[RenderableType] = []
    for rule in document["rules"]:
        if rule["bar"] > document["parting"]["bar"]:
            parts.append(Text(f"\n{later_head(rule)}", style="dim"))
        parts.append(Text(rule_line(rule), style="bold"))
        for side in rule["sides"]:
            told = Text.assemble((f"{side['name']}: ", "cyan"), side["did"])
            parts.append(Padding(told, (0, 0, 0, 2)))
    return parts
