"""A search as one page and one picture: the best rows beside their luck, and the ground they
stand on.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from engine.optimizer.scores import Scores
from engine.overfit import Overfitting
from engine.research.classes import in_classes
from engine.research.page import Number, Page, Section
from engine.research.pictures import Picture, heat_map
from engine.research.words import metric_name, metric_value, number, percent, whole
from engine.store.aside import write_bytes_aside

SHOWN: Final = ("total_return", "max_drawdown", "trade_count", "win_rate", "profit_factor")
# A heat map with more cells a side than this is a picture of noise.
MOST_CELLS: Final = 120
MAPS: Final = 3


def columns_of(scores: Scores) -> list[str]:
    """The columns of a table of best rows: parameters, the metric, its luck, its neighbours."""
    metric = scores.objective.metric
    known = [name for name in SHOWN if name in scores.table.columns and name != metric]
    sharpe = ["sharpe"] * (metric != "sharpe")
    return [*scores.params, metric, *sharpe, "deflated_sharpe", "plateau", *known]


def say(name: str, value: Any) -> str:
    """A cell as people read it."""
    if value is None:
        return ""
    if name == "deflated_sharpe":
        return percent(value, 1)
    if name == "plateau":
        return number(value)
    return metric_value(name, value)


def title(name: str) -> str:
    """The heading of a column."""
    told = {"deflated_sharpe": "Deflated", "plateau": "Plateau", "trade_count": "Trades"}
    return told.get(name) or metric_name(name)


def verdict(scores: Scores) -> str:
    """One sentence on whether the best row could be luck."""
    best = scores.best
    chance, tried = best["deflated_sharpe"], int(scores.luck.trials)
    lucky = number(scores.lucky_sharpe)
    word = (
        "more than luck explains"
        if chance > 0.95
        else "what luck alone may well show"
        if chance < 0.5
        else "not proven to be more than luck"
    )
    return (
        f"Of {tried:,} worthless sets the luckiest would show a Sharpe ratio of {lucky}; the best "
        f"here has {number(best['sharpe'])}, a deflated Sharpe of {percent(chance, 1)}: {word}."
    )


def overfit_words(told: Overfitting | None) -> str:
    """One sentence on whether choosing the best on one half of time pays on the other."""
    if told is None:
        return ""
    return (
        f"The best set of half of {told.blocks} blocks of time is among the worse half on the rest "
        f"in {percent(told.probability, 1)} of {len(told.logits):,} splits "
        "(probability of overfitting; 50 % is pure chance)."
    )


def maps(scores: Scores) -> list[Picture]:
    """Heat maps over pairs of parameters, the first two first; none with fewer than two."""
    metric, trial = scores.objective.metric, scores.best["trial"]
    varied = [name for name in scores.params if scores.table[name].n_unique() > 1]
    drawn = []
    for rows, columns in itertools.islice(itertools.combinations(varied, 2), MAPS):
        classed = replace(scores, table=in_classes(scores.table, (rows, columns)))
        exact = classed.table is scores.table
        pivot = classed.heat(rows, columns, how="best" if exact else "median")
        best = classed.table.row(by_predicate=pl.col("trial") == trial, named=True)
        if max(pivot.height, pivot.width - 1) > MOST_CELLS:
            continue
        around = 0.0 if scores.objective.descending else None
        drawn.append(
            heat_map(
                pivot,
                name=f"heat_map_{rows}_{columns}",
                value=metric_name(metric) + ("" if exact else ", median of neighbouring sets"),
                columns=columns,
                around=around,
                mark=(best[rows], str(best[columns])),
            )
        )
    return drawn


def page_of(
    scores: Scores,
    name: str,
    told: Mapping[str, str],
    *,
    overfitting: Overfitting | None = None,
    top: int = 20,
) -> Page:
    """The page of a search; ``told`` is the small print that says what was searched."""
    metric, best = scores.objective.metric, scores.best
    page = Page(f"Search of {name}", subtitle=_subtitle(scores))
    page.headline(
        Number(metric_name(metric), say(metric, best[metric]), note="best set"),
        Number("Deflated Sharpe", percent(best["deflated_sharpe"], 1), note="chance it beats luck"),
        Number("Luck alone", number(scores.lucky_sharpe), note="best Sharpe of worthless sets"),
        Number("Plateau", say("plateau", best["plateau"]), note="median of the neighbours"),
        Number("Sets", whole(scores.table.height), note=_counts(scores)),
    )
    if overfitting is not None:
        chance = percent(overfitting.probability, 1)
        page.headline(Number("Overfitting", chance, note="chance that the best is a poor one"))
    text = f"{verdict(scores)} {overfit_words(overfitting)}"
    _rows(page.section("Best sets", text=text.strip()), scores, scores.top(top))
    ground = page.section("Where they stand", text="A lone bright cell is rarely more than luck.")
    for picture in maps(scores):
        ground.picture(picture)
    if not ground.blocks:
        page.sections.remove(ground)
    by_plateau = page.section("Best plateaus", text="By the median score of the neighbourhood.")
    _rows(by_plateau, scores, scores.top(min(top, 10), by="plateau"))
    if scores.failures.height:
        failed = page.section("Failed sets", text=f"{scores.failures.height:,} sets failed.")
        failed.table(scores.failures.head(20))
    return page.foot(dict(told))


def write_report(
    scores: Scores,
    folder: Path,
    name: str,
    told: Mapping[str, str],
    *,
    overfitting: Overfitting | None = None,
) -> list[Path]:
    """``report.html`` and the first heat map as ``heat_map.svg``; each whole or not at all."""
    page = page_of(scores, name, told, overfitting=overfitting)
    written = [page.write(folder / "report.html")]
    for picture in maps(scores)[:1]:
        written.append(folder / "heat_map.svg")
        write_bytes_aside(written[-1], picture.svg().encode())
    return written


def _subtitle(scores: Scores) -> str:
    params = ", ".join(f"{name} {_span(scores.table[name])}" for name in scores.params)
    marked = "" if scores.complete else "; stopped before its end"
    return f"{params}{marked}"


def _span(column: pl.Series) -> str:
    known = column.drop_nulls()
    if known.dtype.is_numeric() and known.n_unique() > 3:
        ends = known.cast(pl.Float64()).to_numpy()
        return f"{ends.min():g} to {ends.max():g}"
    return " or ".join(str(one) for one in column.unique(maintain_order=True).head(6))


def _counts(scores: Scores) -> str:
    counts = dict(scores.table["status"].value_counts().iter_rows())
    others = [f"{count:,} {name}" for name, count in sorted(counts.items()) if name != "scored"]
    return ", ".join(others) or "all scored"


def _rows(section: Section, scores: Scores, rows: pl.DataFrame) -> None:
    names = columns_of(scores)
    measured = [name for name in names if name not in scores.params]
    section.table(
        rows.select(names),
        say={name: functools.partial(say, name) for name in measured},
        names={name: title(name) for name in measured},
        tint=(scores.objective.metric,),
    )


__all__ = [
    "columns_of",
    "maps",
    "overfit_words",
    "page_of",
    "say",
    "title",
    "verdict",
    "write_report",
]
