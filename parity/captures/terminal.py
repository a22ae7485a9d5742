"""What captures say, on a terminal of 80 columns or more, and as plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from parity.captures.findings import Findings, Reading
from parity.report.words import counted

STYLES = {"unexplained": "bold red", "contradicts": "bold red", "broken": "bold red"}


def tell_findings(findings: Findings) -> dict[str, Any]:
    """Everything as one document."""
    return {
        "package": findings.package,
        "version": findings.version,
        "exit_code": exit_code(findings),
        "options": dict(findings.options),
        "readings": [
            {**asdict(one), "closed": one.closed, "differs": one.differs}
            for one in findings.readings
        ],
        "captures": [asdict(one) for one in findings.answers],
    }


def exit_code(findings: Findings) -> int:
    """0 if every capture is explained, 2 if one is broken, else 1."""
    words = {one.word for one in findings.answers}
    if "broken" in words:
        return 2
    return 1 if words - {"explained"} else 0


def draw_findings(findings: Findings) -> list[RenderableType]:
    """Each rule with what is left of it, the captures that need a look, and the options."""
    explained = sum(one.word == "explained" for one in findings.answers)
    head = f"{findings.package} {findings.version}".strip()
    closed = sum(one.closed for one in findings.readings)
    told = (
        f": {explained} of {counted(len(findings.answers), 'capture')} explained, "
        f"{closed} of {counted(len(findings.readings), 'rule')} closed"
    )
    parts: list[RenderableType] = [Text.assemble((head, "bold"), told), rules_of(findings)]
    odd = [one for one in findings.answers if one.word != "explained"]
    if odd:
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for one in odd:
            style = STYLES.get(one.word, "yellow")
            table.add_row(Text(one.name), Text(one.word, style=style), Text(one.text))
        parts.append(table)
    options = ", ".join(f"{name} = {said(value)}" for name, value in findings.options.items())
    return [*parts, Text(f"options: {options or 'none but the defaults'}")]


def rules_of(findings: Findings) -> Table:
    """One row for each rule."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("rule", "supported", "default", ""):
        table.add_column(head, overflow="fold")
    for one in findings.readings:
        values = ", ".join(map(said, one.values))
        word, style = verdict(one)
        table.add_row(one.rule, values, said(one.default), Text(word, style=style))
    return table


def verdict(reading: Reading) -> tuple[str, str]:
    """What is known of a rule in a few words, and its colour."""
    if reading.differs:
        return "not the default", "bold yellow"
    if reading.closed:
        return "as by default", "green"
    return ("not asked" if not reading.captures else "open"), "dim"


def said(value: Any) -> str:
    """A value as a batch file writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"
