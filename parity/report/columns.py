"""The matrix: a column per platform, in which its idioms share a cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from parity.report.words import NOT_ASKED, Word, word_of


class Column(NamedTuple):
    """A platform at one version; ``idioms`` maps the ids of its references to their idioms."""

    title: str
    idioms: dict[str, str]


def columns_of(
    platforms: Iterable[dict[str, Any]], scenarios: Sequence[dict[str, Any]]
) -> list[Column]:
    """The platforms that at least one of the scenarios is asked of, in the order of the report."""
    asked = {platform for scenario in scenarios for platform in scenario["verdicts"]}
    columns: dict[str, Column] = {}
    for platform in platforms:
        title = f"{platform['name']} {platform['version']}"
        column = columns.setdefault(title, Column(title, {}))
        column.idioms[platform["id"]] = platform["idiom"]
    return [column for column in columns.values() if asked & column.idioms.keys()]


def cell_of(scenario: dict[str, Any], column: Column) -> list[Word]:
    """What stands in a cell: one word if all idioms have it, else each with its idioms."""
    said: dict[Word, list[str]] = {}
    for platform, idiom in column.idioms.items():
        if platform in scenario["verdicts"]:
            said.setdefault(word_of(scenario, platform), []).append(idiom)
    if not said:
        return [NOT_ASKED]
    if len(said) == 1 and sum(map(len, said.values())) == len(column.idioms):
        return list(said)
    return [Word(f"{word.text} ({', '.join(names)})", word.style) for word, names in said.items()]
