"""The comparison as a Markdown page to link to, with its picture beside it."""

from __future__ import annotations

from typing import Any, Final

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
from parity.spread.words import bar_name, deeds, joined, money, percent

Document = dict[str, Any]
MARK: Final = "<!-- written by truefill compare; it is replaced by the next one -->"


def render(document: Document, picture: str = "") -> str:
    """The whole page; ``picture`` is the file name of the SVG, "" for none."""
    title, *rule = title_lines(document)
    head, *more = spread_lines(document) or ["No platform plays this script."]
    label = f"equity of {document['scenario']['name']} on every platform"
    parts = [
        MARK,
        f"# {_plain(title)}",
        *rule,
        f"{account_line(document)}.",
        f"**{head}**" + "".join(f"  \n{line}" for line in more),
        _ends(document),
        *caveat_lines(document),
        _unplayed(document),
        f"![{label}]({picture})" if picture else "",
        *_parting(document),
        _pairs(document),
        f"Played by truefill {document['truefill']} under each platform's execution model.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _ends(document: Document) -> str:
    rows = [
        [
            one["name"],
            one["version"],
            one["idiom"],
            str(one["fills"]),
            "-" if one["trades"] is None else str(one["trades"]),
            money(one["end"]),
            percent(one["return"]),
        ]
        for one in document["platforms"]
        if one["outcome"] == "played"
    ]
    heads = ["platform", "version", "idiom", "fills", "trades", "final equity", "return"]
    return _table(heads, rows, right=3) if rows else ""


def _unplayed(document: Document) -> str:
    rows = [[name, told] for name, told, _ in not_played(document)]
    return _table(["not played by", "why"], rows) if rows else ""


def _parting(document: Document) -> list[str]:
    parting = document["parting"]
    if parting is None:
        return []
    symbols = len(document["scenario"]["symbols"])
    rows = [
        [
            one["name"],
            "<br>".join(deeds(one["events"], symbols)),
            money(one["cash"]),
            money(one["equity"]),
        ]
        for one in parting["did"]
    ]
    return [
        f"## {parting_head(document).removesuffix('.')}",
        "  \n".join(bars_line(document)),
        _table(["platform", "on this bar", "cash after", "equity"], rows, right=2),
        *(_rule(rule, parting["bar"]) for rule in document["rules"]),
    ]


def _rule(rule: Document, first: int) -> str:
    """A rule and who went which way; a later bar is named."""
    head = f"{later_head(rule)}\n\n" if rule["bar"] > first else ""
    sides = "".join(f"\n- {side['name']}: {side['did']}" for side in rule["sides"])
    return f"{head}**{rule_line(rule)}**\n{sides}"


def _pairs(document: Document) -> str:
    """Every two platforms: where they part from each other."""
    partings = document["partings"]
    if len(partings) < 2:
        return ""
    rows = [
        [
            " / ".join(joined(one[side]["names"]) for side in ("first", "second")),
            bar_name(one),
            rule_line(one),
        ]
        for one in partings
    ]
    return "## Every pair\n\n" + _table(["platforms", "part on", "by"], rows)


def _table(heads: list[str], rows: list[list[str]], *, right: int = 99) -> str:
    """A Markdown table; the columns from ``right`` on hold numbers."""
    rule = ["--:" if column >= right else "---" for column in range(len(heads))]
    lines = [heads, rule, *([_plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(cell: str) -> str:
    """A cell is one line, and a bar in it is no border."""
    return " ".join(cell.split()).replace("|", "\\|")
