"""The report as one HTML page: no network, no script, readable in the dark."""

from __future__ import annotations

from html import escape
from typing import Any

from parity.report import picture
from parity.report.columns import Column, cell_of, columns_of
from parity.report.words import (
    CALM,
    COUNTED,
    LAID_OUT,
    RED,
    STATUSES,
    by_topic,
    chosen,
    counted,
    counts_of,
    laid_out,
)

STYLE = """
:root { color-scheme: light dark; --red: #b3261e; --blue: #0b57d0; --orange: #b06000;
 --green: #146c2e; --line: #ccc; }
@media (prefers-color-scheme: dark) {
 :root { --red: #ff8a80; --blue: #8ab4f8; --orange: #fdbb5a; --green: #7fd99a; --line: #555; }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .15rem .7rem .15rem 0; border-bottom: 1px solid var(--line);
 vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.agrees { color: var(--green); } .known { color: var(--orange); }
.unsupported { opacity: .65; } .bad, .bad td { color: var(--red); font-weight: 600; }
section { border-left: 3px solid var(--red); padding-left: 1rem; margin: 2rem 0; }
code { font-size: .9em; } svg { max-width: 100%; height: auto; }
svg text { font-size: 11px; fill: currentColor; } .wick { stroke: currentColor; }
.up { fill: Canvas; stroke: currentColor; } .down { fill: currentColor; stroke: currentColor; }
.focus { fill: var(--orange); opacity: .18; }
.reference { fill: none; stroke: var(--blue); stroke-width: 2.5; }
.replay { fill: none; stroke: var(--red); stroke-width: 2.5; }
""".strip()


def render(document: dict[str, Any]) -> str:
    """The whole report; the same document gives the same bytes."""
    parts = [
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>truefill parity</title>\n<style>\n{STYLE}\n</style>\n<h1>Parity</h1>",
        _sum(document),
        *(_section(*found) for found in chosen(document, *RED)),
        *(_topic(document, *topic) for topic in by_topic(document["scenarios"]).items()),
        _reasons(document),
        "</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _sum(document: dict[str, Any]) -> str:
    totals = document["totals"]
    told = [f"{totals[name]} {word.text}" for name, word in STATUSES.items() if totals.get(name)]
    line = f"{counted(len(document['scenarios']), 'scenario')}, truefill {document['truefill']}: "
    kind = "bad" if document["exit_code"] else "agrees"
    reasons = "\n".join(f"<li>{escape(reason)}</li>" for reason in document["reasons"])
    listed = f"\n<ul>\n{reasons}\n</ul>" if reasons else ""
    return f'<p class="{kind}">{escape(line + ", ".join(told))}</p>{listed}'


def _section(scenario: dict[str, Any], platform: str) -> str:
    """One red verdict: what came first, a picture, and both ledgers."""
    verdict = scenario["verdicts"][platform]
    word = STATUSES[verdict["status"]].text
    parts = [
        f"<section>\n<h2>{escape(word)}: {escape(scenario['name'])} on {escape(platform)}</h2>",
        f"<p>{escape(scenario['title'])}</p>\n<p><b>{escape(verdict['headline'])}</b></p>",
    ]
    view = verdict.get("view")
    if view:
        parts.append(picture.draw(view))
        parts.append("<p>Ring: the reference's fill. Cross: the replay's.</p>")
        parts += [_ledger(name, rows) for name, rows in view["ledgers"].items()]
    parts.append(f"<p><code>{escape(verdict['command'])}</code></p>")
    return "\n".join([*parts, "</section>"])


def _ledger(name: str, rows: list[dict[str, Any]]) -> str:
    laid = [laid_out(name, row) for row in rows]
    lines = [_row(cells, kind="bad" if cells[-1] else "") for cells in laid]
    return f"<h3>{escape(name)}</h3>\n" + _table(list(LAID_OUT), lines)


def _topic(document: dict[str, Any], topic: str, scenarios: list[dict[str, Any]]) -> str:
    columns = columns_of(document["platforms"], scenarios)
    heads = ["scenario", "what it tells", "bars", *COUNTED, *(column.title for column in columns)]
    lines = []
    for scenario in scenarios:
        cells = [scenario["name"], scenario["title"], str(scenario["bars"]), *counts_of(scenario)]
        verdicts = "".join(_verdict(scenario, column) for column in columns)
        lines.append(_row(cells, more=verdicts, numbers=range(2, 6)))
    return f"<h2>{escape(topic)}</h2>\n" + _table(heads, lines, numbers=range(2, 6))


def _verdict(scenario: dict[str, Any], column: Column) -> str:
    found = [scenario["verdicts"].get(platform) for platform in column.idioms]
    statuses = list(dict.fromkeys(one["status"] for one in found if one))
    told = escape(", ".join(word.text for word in cell_of(scenario, column)))
    if not statuses:
        return f"<td>{told}</td>"
    red = any(status not in CALM for status in statuses)
    return f'<td class="{"bad" if red else statuses[0]}">{told}</td>'


def _reasons(document: dict[str, Any]) -> str:
    """Why what is neither red nor plain agreement is so."""
    lines = []
    for scenario, platform in chosen(document, "known", "unsupported"):
        verdict = scenario["verdicts"][platform]
        lines.append(_row([scenario["name"], platform, verdict["status"], verdict["reason"]]))
    if not lines:
        return ""
    return "<h2>Reasons</h2>\n" + _table(["scenario", "platform", "verdict", "reason"], lines)


def _table(heads: list[str], lines: list[str], *, numbers: range = range(0)) -> str:
    cells = "".join(
        f"<th{' class=n' if at in numbers else ''}>{escape(head)}</th>"
        for at, head in enumerate(heads)
    )
    return "\n".join(["<table>", f"<tr>{cells}</tr>", *lines, "</table>"])


def _row(cells: list[str], *, kind: str = "", more: str = "", numbers: range = range(0)) -> str:
    told = "".join(
        f"<td{' class=n' if at in numbers else ''}>{escape(str(cell))}</td>"
        for at, cell in enumerate(cells)
    )
    return f"<tr{f' class={kind}' if kind else ''}>{told}{more}</tr>"
