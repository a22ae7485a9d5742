"""The live check on a terminal."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from parity.report.words import STATUSES, moment, number


def draw_live(document: dict[str, Any]) -> list[RenderableType]:
    """One row per platform, what the cases exercised, then every divergence, small."""
    parts: list[RenderableType] = [_sum(document), _features(document)]
    for checked in document["platforms"]:
        for odd in checked["differing"]:
            word = STATUSES[odd["status"]]
            parts.append(
                Text.assemble((word.text, word.style), f" {odd['case']}  {odd['headline']}")
            )
        for found in checked["found"]:
            parts += _found(found)
    return parts


def _sum(document: dict[str, Any]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("platform", overflow="fold")
    for name in ("seed", "cases", "agree", "differ", "refused alike", "cannot express", "fills"):
        table.add_column(name, justify="right")
    table.add_column("a second", justify="right")
    for checked in document["platforms"]:
        verdicts, outcomes = checked["verdicts"], checked["outcomes"]
        agree = verdicts.get("agrees", 0) + verdicts.get("unsupported", 0)
        refused = sum(n for word, n in outcomes.items() if word.startswith("refused"))
        odd = checked["cases"] - agree
        table.add_row(
            checked["platform"],
            str(checked["seed"]),
            f"{checked['cases']:,}",
            f"{agree:,}",
            Text(str(odd), style="bold red" if odd else "green"),
            str(refused),
            str(outcomes.get("unsupported", 0)),
            f"{checked['fills']:,}",
            f"{checked['rate']:.1f}",
        )
    return table


def _features(document: dict[str, Any]) -> Text:
    first = document["platforms"][0]
    counted = ", ".join(f"{word} {count:,}" for word, count in first["features"].items())
    return Text(f"exercised: {counted}; {first['pairs']} pairs of these met\n", style="dim")


def _found(found: dict[str, Any]) -> list[RenderableType]:
    """The smallest slice that still shows a divergence."""
    small = found["slice"]
    settings = {**small["defaults"], **small["account"]}
    settings |= {name: v for options in small["options"].values() for name, v in options.items()}
    told = ", ".join(f"{name} {number(value)}" for name, value in settings.items())
    return [
        Text(f"\nsmallest slice of {found['case']}: {found['headline']}", style="bold"),
        Text("bars"),
        _rows(small["bars"]),
        Text("script"),
        _rows(small["script"]),
        Text(told),
        Text(f"kept in {found['bundle']}\n", style="dim"),
    ]


def _rows(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    names = list(dict.fromkeys(name for row in rows for name in row))
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        cells = [row.get(name, "") for name in names]
        table.add_row(*(moment(c) if "T" in str(c) and "+" in str(c) else number(c) for c in cells))
    return table
