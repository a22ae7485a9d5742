"""One page of a walk-forward: the verdict, what was chosen when, and how much of it is luck."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from engine.research.classes import in_classes
from engine.research.page import Number, Page, Section, Tone
from engine.research.pictures.curves import underwater
from engine.research.pictures.heat_map import heat_map
from engine.research.pictures.lines import Look, lines, windows
from engine.research.pictures.luck import in_and_out, path_sharpes, rank_logits, sides_by_window
from engine.research.tear_sheet import metric_columns
from engine.research.words import (
    NONE,
    metric_name,
    metric_value,
    moment,
    number,
    percent,
    signed,
    whole,
)
from engine.wfa.combinatorial import Combined
from engine.wfa.result import WalkForward

MOST_ROWS: Final = 60
TOP: Final = 10
TONES: Final[dict[str, Tone]] = {"holds up": "gain", "looks overfit": "loss", "not proven": ""}
COLUMNS: Final[Mapping[str, tuple[str, Callable[[float], str]]]] = {
    "tried": ("Tried", whole),
    "train_sharpe": ("Sharpe in", number),
    "train_deflated_sharpe": ("Deflated", number),
    "test_sharpe": ("Sharpe out", number),
    "test_total_return": ("Return out", signed),
    "test_max_drawdown": ("Drawdown", percent),
    "test_trade_count": ("Trades", whole),
}
ANSWERS: Final = {"+": "Passed", "-": "Failed", "?": "Not asked"}
MEANT: Final = {
    "holds up": "Every question below is answered in favour of the strategy. That is evidence, not "
    "a promise: it is about these bars and these trials, and about nothing that was tried before.",
    "looks overfit": "What was found in sample does not survive. Luck among this many trials "
    "explains it as well.",
    "not proven": "There may be something, but these bars are too few, or these trials too many, "
    "to tell it from luck.",
}


def walk_forward_page(
    found: WalkForward, about: Mapping[str, str], combined: Combined | None = None
) -> Page:
    """The page; ``about`` has ``title``, ``subtitle``, and what else belongs into its foot.

    ``combined`` adds a section on other paths through the same history.
    """
    page = Page(about["title"], about["subtitle"])
    page.headline(*_headline(found))
    _verdict(page.section("Verdict"), found)
    _equity(page.section("Out of sample"), found)
    _windows(page.section("Windows"), found)
    _landscape(page.section("Parameters"), found)
    _luck(page.section("Luck"), found)
    if combined is not None:
        _paths(page.section("Other paths"), found, combined)
    _best(page.section("Best over all bars"), found)
    side = page.section("Metrics, out of sample", side=True)
    for caption, pairs in metric_columns(found.metrics).items():
        side.facts(pairs, caption=caption)
    return page.foot(
        {name: text for name, text in about.items() if name not in ("title", "subtitle")}
    )


def write_walk_forward(
    found: WalkForward, about: Mapping[str, str], folder: Path, combined: Combined | None = None
) -> None:
    """``report.html`` and ``equity.svg`` into a folder."""
    walk_forward_page(found, about, combined).write(folder / "report.html")
    _curve(found).write(folder / "equity.svg")


def _headline(found: WalkForward) -> list[Number]:
    luck, metrics, pbo = found.luck, found.metrics, found.overfitting
    total = metrics["total_return"]
    return [
        Number("Verdict", found.verdict.word, f"{found.windows.height} windows", _tone_of(found)),
        Number("Out of sample", signed(total), f"{signed(metrics['cagr'])} a year", _tone(total)),
        Number(
            "Sharpe",
            number(metrics["sharpe"]),
            f"above 0 with probability {number(luck.probabilistic, 3)}",
        ),
        Number(
            "Deflated Sharpe",
            number(luck.deflated, 3),
            f"best of {whole(luck.trials)}: {number(luck.best_sharpe)}, luck: {number(luck.lucky)}",
        ),
        Number(
            "PBO",
            NONE if pbo is None else percent(pbo.probability, 0),
            "probability of backtest overfitting"
            if luck.shared
            else "none: windows searched sets of their own",
        ),
        Number(
            "Efficiency",
            number(found.efficiency),
            f"{percent(found.profitable, 0)} of windows gain",
        ),
    ]


def _verdict(section: Section, found: WalkForward) -> None:
    section.paragraph(MEANT[found.verdict.word])
    answers = [f"{ANSWERS[reason[0]]}: {reason[2:]}." for reason in found.verdict.reasons]
    section.paragraph("\n\n".join(answers))


def _curve(found: WalkForward) -> Any:
    account = found.equity
    shown = account.select(
        "timestamp",
        pl.col("equity").alias("Walk-forward"),
        pl.col("hindsight").alias("Best in hindsight"),
    )
    logged = bool((account["equity"] > 0).all() and (account["hindsight"] > 0).all())
    look = Look(title="Growth of 1", log=logged, level=1.0, roles=("first", "second"))
    return lines(shown, name="equity", look=look)


def _equity(section: Section, found: WalkForward) -> None:
    section.picture(
        _curve(found),
        caption="Each window traded by the set that was best in its training, stitched. In grey, "
        "the set that is best over all bars, which nobody knew.",
    )
    section.picture(underwater(found.equity))
    told, shuffled = found.resampled.quantiles(), found.shuffled
    low, middle, high = (signed(value - 1.0) for value in told["growth"])
    deep = percent(told["drawdown"][0])
    text = (
        f"Resampled in blocks of {number(found.resampled.block, 1)} bars, these returns end "
        f"between {low} and {high} nine times in ten (half the time above {middle}), lose "
        f"{percent(found.resampled.loss, 0)} of the time, and one time in twenty fall deeper than "
        f"{deep}."
    )
    if shuffled is not None:
        text += (
            f" Of other orders of the same trades {percent(shuffled.deeper, 0)} would have fallen "
            "deeper than this one did."
        )
    section.paragraph(text)


def _windows(section: Section, found: WalkForward) -> None:
    section.picture(sides_by_window(found.windows, "sharpe", "Sharpe"))
    columns = {
        name: how for name, how in COLUMNS.items() if name != "tried" or not found.luck.shared
    }
    shown = found.windows.select(
        pl.col("test_start").alias("from"),
        pl.col("test_end").alias("to"),
        *found.params,
        *columns,
    )
    section.table(
        shown.tail(MOST_ROWS),
        caption="" if shown.height <= MOST_ROWS else f"The last {MOST_ROWS} of {shown.height}",
        names={name: title for name, (title, _) in columns.items()},
        say={"from": moment, "to": moment, **{name: say for name, (_, say) in columns.items()}},
        tint=("test_total_return",),
    )
    numeric = [name for name in found.params if found.windows[name].dtype.is_numeric()]
    moving = [name for name in numeric if found.windows[name].n_unique() > 1]
    if found.windows.height > 1 and moving:
        section.picture(
            windows(found.windows.select("test_start", *moving), name="drift"),
            caption="What was chosen, window by window: a good set should not have to move much.",
        )


def _landscape(section: Section, found: WalkForward) -> None:
    metric = found.objective.metric
    means = (
        found.scores.filter(pl.col("status") == "scored", pl.col(metric).is_finite())
        .group_by("trial", "side", *found.params)
        .agg(pl.col(metric).mean())
    )
    told = metric_name(metric)
    names = sorted(
        (name for name in found.params if means[name].n_unique() > 1),
        key=lambda name: -means[name].n_unique(),
    )[:2]
    if not names or means.is_empty():
        return
    names = [name for name in found.params if name in names]
    classed = in_classes(means, names)
    windows_of = "all windows" if found.luck.shared else "the windows that tried it"
    section.paragraph(
        f"{told} of every set, mean over {windows_of}. Where the two pictures do not resemble each "
        "other, the past says little about the future."
        + ("" if classed is means else " A cell has the mean of neighbouring sets, from its label.")
    )
    over = pl.col(metric).max() if classed is means else pl.col(metric).mean()
    means = classed
    for side, text in (("train", "in training"), ("test", "in test")):
        own = means.filter(pl.col("side") == side)
        if len(names) == 1:
            line = own.group_by(names[0]).agg(over).sort(names[0])
            if line[names[0]].dtype.is_numeric():
                look = Look(title=f"{told} {text}", points=True, level=0.0)
                section.picture(lines(line, name=f"score_{side}", look=look), wide=False)
            continue
        first, second = names
        cells = own.group_by(first, second).agg(over).sort(first, second)
        pivot = cells.pivot(first, index=second, values=metric).sort(second)
        section.picture(
            heat_map(
                pivot,
                name=f"heat_{side}",
                value=f"{told} {text}",
                columns=first,
                around=0.0 if metric in ("sharpe", "total_return", "cagr", "mean_return") else None,
                say=lambda value: metric_value(metric, value),
            ),
            wide=False,
        )


def _luck(section: Section, found: WalkForward) -> None:
    luck, pbo, spa = found.luck, found.overfitting, found.superiority
    if pbo is not None:
        section.picture(rank_logits(pbo), wide=False)
        section.picture(in_and_out(pbo, found.year), wide=False)
    tried = {
        "Trials": whole(luck.trials),
        "Worth, if alike ones count less": number(luck.independent, 1),
        "Best Sharpe over all bars": number(luck.best_sharpe),
        "Sharpe that luck alone reaches": number(luck.lucky),
        "Deflated Sharpe": number(luck.deflated, 4),
        "Years in which luck reaches that": number(luck.backtest_years, 1),
    }
    out = {
        "Sharpe out of sample": number(found.metrics["sharpe"]),
        "Probabilistic Sharpe": number(luck.probabilistic, 4),
        "Years there are": number(luck.years, 1),
        "Years to be 95 % sure": _years(luck.record_years),
        "Sharpe efficiency": number(found.sharpe_efficiency),
        "Deviation of Sharpe by window": number(found.sharpe_deviation),
    }
    if pbo is not None:
        tried["Probability of overfitting"] = percent(pbo.probability, 1)
        tried["Choices that lose out of sample"] = percent(pbo.loss, 1)
    if spa is not None:
        tried["Reality check of the best, p"] = number(spa.white, 3)
        tried["Superior ability of the best, p"] = number(spa.consistent, 3)
    section.facts(tried, caption="In sample", wide=False)
    section.facts(out, caption="Out of sample", wide=False)


def _paths(section: Section, found: WalkForward, combined: Combined) -> None:
    told = combined.summary()
    section.paragraph(
        f"Time cut into groups, trained before and after each test: {whole(told['splits'])} splits "
        f"make {whole(told['paths'])} whole paths, of which {percent(told['loss'], 0)} lose. Their "
        "trainings know bars after their tests, which those of a walk-forward (dashed) never do."
    )
    section.picture(path_sharpes(combined.paths, found.metrics["sharpe"]), wide=False)
    facts = {
        "Lowest Sharpe": number(told["sharpe_lowest"]),
        "Median Sharpe": number(told["sharpe_median"]),
        "Highest Sharpe": number(told["sharpe_highest"]),
        "Paths that lose": percent(told["loss"], 0),
    }
    section.facts(facts, caption="Out of sample, by path", wide=False)


def _best(section: Section, found: WalkForward) -> None:
    shown = (
        found.trials.filter(pl.col("status") == "scored", pl.col("sharpe").is_finite())
        .sort("sharpe", "trial", descending=[True, False])
        .head(TOP)
    )
    section.table(
        shown.select(
            *found.params,
            "sharpe",
            "deflated_sharpe",
            "probabilistic_sharpe",
            "total_return",
            "max_drawdown",
            "trade_count",
        ),
        caption="No Sharpe ratio without its deflated twin: the probability that it is more than "
        "the luckiest of so many trials would show.",
        say={
            "sharpe": number,
            "deflated_sharpe": lambda value: number(value, 3),
            "probabilistic_sharpe": lambda value: number(value, 3),
            "total_return": signed,
            "max_drawdown": percent,
            "trade_count": whole,
        },
        names={
            "sharpe": "Sharpe",
            "deflated_sharpe": "Deflated",
            "probabilistic_sharpe": "Probabilistic",
            "total_return": "Return",
            "max_drawdown": "Drawdown",
            "trade_count": "Trades",
        },
    )
    if found.failures.height:
        section.table(
            found.failures.head(TOP), caption=f"{found.failures.height:,} sets that failed"
        )


def _years(value: float) -> str:
    if math.isinf(value):
        return "never"
    return "over 1,000" if value > 1000 else number(value, 1)


def _tone(value: float) -> Tone:
    return "gain" if value > 0 else "loss" if value < 0 else ""


def _tone_of(found: WalkForward) -> Tone:
    return TONES[found.verdict.word]


__all__ = ["walk_forward_page", "write_walk_forward"]
