"""Figures with goals: printed side by side, as JSON, and as an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

MET, MISSED = 0, 1


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure has to reach, or must not pass."""

    bound: float
    at_least: bool = True

    def met_by(self, value: float) -> bool:
        """Whether a value reaches it; what is not a number never does."""
        return value >= self.bound if self.at_least else value <= self.bound


def at_least(bound: float) -> Goal:
    """The more the better."""
    return Goal(bound, at_least=True)


def at_most(bound: float) -> Goal:
    """The less the better."""
    return Goal(bound, at_least=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number, or a text to compare by eye.

    ``group`` is the table it stands in and ``side`` its column there, "" where there is only one;
    ``goal`` is None where none is set.
    """

    group: str
    name: str
    value: float | str
    unit: str = ""
    goal: Goal | None = None
    side: str = ""

    @property
    def missed(self) -> bool:
        """It has a goal and does not meet it."""
        if self.goal is None:
            return False
        return isinstance(self.value, str) or not self.goal.met_by(self.value)

    @property
    def title(self) -> str:
        """Its full name."""
        return ", ".join(part for part in (self.group, self.side, self.name) if part)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a report."""
        return {**asdict(self), "missed": self.missed}


def report_of(name: str, figures: Sequence[Figure], **more: Any) -> dict[str, Any]:
    """The document of a benchmark: its figures, whatever else it tells, and its exit code."""
    missed = [figure.title for figure in figures if figure.missed]
    return {
        "benchmark": name,
        **more,
        "figures": [figure.to_dict() for figure in figures],
        "missed": missed,
        "exit_code": MISSED if missed else MET,
    }


def draw_report(document: dict[str, Any]) -> list[RenderableType]:
    """One table per group, each figure with its goal beside it, then what was missed."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for figure in document["figures"]:
        groups.setdefault(figure["group"], []).append(figure)
    parts: list[RenderableType] = [Text(line) for line in document.get("told", [])]
    for name, rows in groups.items():
        parts += [Text(f"\n{name}", style="bold"), _draw_group(rows)]
    missed = document["missed"]
    if missed:
        parts.append(Text(f"{len(missed)} goals missed: {'; '.join(missed)}", style="bold red"))
    else:
        parts.append(Text("all goals met", style="green"))
    return parts


def _draw_group(figures: list[dict[str, Any]]) -> Table:
    """Rows are figures, columns are sides."""
    sides = list(dict.fromkeys(figure["side"] for figure in figures))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for side in sides:
        table.add_column(side, justify="right")
    for row in dict.fromkeys(figure["name"] for figure in figures):
        cells = {figure["side"]: _cell(figure) for figure in figures if figure["name"] == row}
        table.add_row(row, *(cells.get(side, Text("")) for side in sides))
    return table


def _cell(figure: dict[str, Any]) -> Text:
    """A figure, its goal beside it."""
    value = spell(figure["value"], figure["unit"])
    goal = figure["goal"]
    if goal is None:
        return Text(value)
    sign = ">=" if goal["at_least"] else "<="
    style = "bold red" if figure["missed"] else "green"
    word = "missed" if figure["missed"] else "met"
    return Text(f"{value} (goal {sign} {spell(goal['bound'], '')}, {word})", style=style)


def spell(value: float | str, unit: str) -> str:
    """A number as people read it; whole numbers keep all their digits."""
    if isinstance(value, str):
        return value
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{value:,.0f} {unit}".strip()
    text = f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{text} {unit}".strip()
