"""How an account went: its growth, its falls, and what a moving window saw."""

from __future__ import annotations

from typing import Any

import polars as pl

from engine.research.pictures.canvas import Picture, axes, legend
from engine.research.pictures.heat_map import heat_map
from engine.research.pictures.lines import Look, draw_lines, floats, lines
from engine.research.rolling import Rolling
from engine.research.tables import monthly_returns
from engine.research.words import number, percent, short

OWN, OTHER = "first", "second"


def equity(account: pl.DataFrame, *, benchmark: str = "Benchmark", start: float = 1.0) -> Picture:
    """Growth against the benchmark on a logarithmic scale, so that equal gains look equal.

    ``account`` has timestamp, equity and, if there is one, ``benchmark`` (its equity). The scale is
    linear where an account falls to nothing.
    """
    shown = account.select("timestamp", Strategy=pl.col("equity") / start)
    if "benchmark" in account.columns:
        shown = shown.hstack([account["benchmark"].alias(benchmark) / start])
    logged = bool(shown.select(pl.min_horizontal(pl.all().exclude("timestamp").min()) > 0).item())
    scale = "logarithmic" if logged else "linear, for an account falls to nothing"
    look = Look(title=f"Growth of 1, {scale}", say=short, log=logged, level=1.0, roles=(OWN, OTHER))
    told = f"Growth of 1 to {shown['Strategy'][-1]:.2f} on a {scale} scale"
    return lines(shown, name="equity", look=look, alt=told)


def underwater(
    account: pl.DataFrame, *, benchmark: str = "Benchmark", start: float = 1.0
) -> Picture:
    """How far the account is below its highest equity so far, and the benchmark below its own."""
    names = ["equity", *(["benchmark"] if "benchmark" in account.columns else [])]
    shown = account.select(
        "timestamp",
        *(
            (pl.col(name) / pl.max_horizontal(pl.col(name).cum_max(), pl.lit(start)) - 1.0).alias(
                name
            )
            for name in names
        ),
    )
    deepest = float(shown["equity"].min() or 0.0)  # type: ignore[arg-type]

    def draw(figure: Any) -> None:
        own = axes(figure)
        look = Look(title="Below the peak so far", say=_round, fill=True, roles=(OWN,))
        draw_lines(own, shown["timestamp"], {"Strategy": floats(shown["equity"])}, look)
        if len(names) > 1:
            other = {benchmark: floats(shown["benchmark"])}
            draw_lines(own, shown["timestamp"], other, Look(say=_round, roles=(OTHER,)))
            legend(own)
        own.set_ylim(top=0)

    return Picture("underwater", f"Drawdowns, the deepest {percent(deepest)}", draw, (190, 180))


def rolling_picture(found: Rolling, column: str) -> Picture:
    """One column of ``rolling`` (sharpe, volatility or beta) as a line, with its zero or one."""
    titles = {"sharpe": "Sharpe", "volatility": "Volatility a year", "beta": "Beta"}
    look = Look(
        title=f"{titles[column]} {found.words}",
        say=_round if column == "volatility" else short,
        level=0.0 if column != "volatility" else None,
        roles=("third",) if column == "beta" else (OWN,),
    )
    shown = found.frame.select("timestamp", column).rename({column: titles[column]})
    return lines(shown, name=f"rolling_{column}", look=look, alt=look.title)


def months(account: pl.DataFrame, *, start: float = 1.0) -> Picture:
    """Return of each month, in percent, one row per year; blue gains and orange losses."""
    table = monthly_returns(account, start=start).drop("Year")
    return heat_map(
        table,
        name="months",
        value="Return by month, %",
        rows="",
        say=lambda value: number(value * 100, 1),
        around=0.0,
    )


def exposure(account: pl.DataFrame) -> Picture:
    """The share of equity that was at work, on average over each hundredth of the run."""
    length = max(account.height // 100, 1)
    group = (pl.int_range(pl.len()) // length).alias("part")
    parts = (
        account.select("timestamp", "exposure", group)
        .group_by("part", maintain_order=True)
        .agg(pl.col("timestamp").first(), pl.col("exposure").mean())
    )
    look = Look(title="Exposure, share of equity", say=_round, steps=True, fill=True, roles=(OWN,))
    told = f"Exposure, on average {percent(float(account['exposure'].mean() or 0.0))}"  # type: ignore[arg-type]
    return lines(parts.select("timestamp", "exposure"), name="exposure", look=look, alt=told)


def _round(value: float) -> str:
    return percent(value, 0 if abs(value * 100 - round(value * 100)) < 1e-9 else 1)


__all__ = ["equity", "exposure", "months", "rolling_picture", "underwater"]
