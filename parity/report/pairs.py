"""How many scenarios exercise each pair of features, as a Markdown table."""

from __future__ import annotations

from typing import Any


def render_pairs(pairs: dict[str, Any]) -> str:
    """Numbered features as rows, the same numbers as columns; then why an empty cell is empty."""
    words = list(pairs["features"])
    counts = {(first, second): count for first, second, count in pairs["counts"]}
    reasons = {(first, second): text for first, second, text in pairs["reasons"]}
    columns = [str(number) for number in range(1, len(words))]
    lines = [["#", "feature", *columns], ["--:", "---", *["--:"] * len(columns)]]
    for row, word in enumerate(words):
        cells = [_cell((words[column], word), counts, reasons) for column in range(row)]
        blank = [""] * (len(columns) - len(cells))
        lines.append([str(row + 1), word, *cells, *blank][: len(columns) + 2])
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    told = [f"- {first} with {second}: {text}" for (first, second), text in reasons.items()]
    return "\n".join([table, "", *_legend(pairs), *told, ""])


def _cell(
    pair: tuple[str, str],
    counts: dict[tuple[str, str], int],
    reasons: dict[tuple[str, str], str],
) -> str:
    count = counts.get(pair, 0)
    return str(count) if count else ("-" if pair in reasons else "**0**")


def _legend(pairs: dict[str, Any]) -> list[str]:
    meanings = [f"- {word}: {meaning}" for word, meaning in pairs["features"].items()]
    why = ["", "Pairs that cannot meet, or need not (a dash in the table):", ""]
    return ["What the features mean:", "", *meanings, *(why if pairs["reasons"] else [])]
