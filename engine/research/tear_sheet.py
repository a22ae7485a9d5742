"""One page that says how a strategy did, what it risked, and exactly what was run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from engine.research.interactive import growth_figure
from engine.research.page import Number, Page, Section, Tone
from engine.research.pictures.curves import equity, exposure, rolling_picture, underwater
from engine.research.pictures.trades import trade_returns, trades_on_price
from engine.research.rolling import rolling
from engine.research.sheet import Sheet, sheet_of_run
from engine.research.tables import drawdowns, monthly_returns
from engine.research.words import (
    metric_name,
    metric_value,
    number,
    percent,
    signed,
    span,
    whole,
)

if TYPE_CHECKING:
    from engine.backtest import BacktestRun

LAST: Final = 40
COLUMN: Final = {
    "Return": ("total_return", "cagr", "mean_return", "best_return", "worst_return", "stability"),
    "Risk": (
        "volatility", "downside_risk", "max_drawdown", "max_drawdown_bars", "mean_drawdown",
        "time_under_water", "ulcer_index", "value_at_risk", "conditional_value_at_risk", "skew",
        "kurtosis",
    ),
    "Return for risk": (
        "sharpe", "smart_sharpe", "probabilistic_sharpe", "sortino", "calmar", "omega",
        "recovery_factor", "gain_to_pain", "tail_ratio",
    ),
    "Against the benchmark": (
        "alpha", "beta", "correlation", "information_ratio", "tracking_error", "up_capture",
        "down_capture", "batting_average",
    ),
    "Trades": (
        "trade_count", "win_rate", "average_win", "average_loss", "payoff_ratio", "profit_factor",
        "expectancy", "best_trade", "worst_trade", "sqn", "win_run", "loss_run",
        "mean_trade_days",
    ),
    "Activity and costs": (
        "exposure", "n_days_in_market", "annual_turnover", "commission", "cost_share", "n_bars",
        "n_nans", "periods_per_year",
    ),
}  # fmt: skip
# In the screen, money is counted in units of the equity that a run starts with.
SHARES: Final = ("average_win", "average_loss", "commission")


def tear_sheet(run: BacktestRun | Sheet, *, interactive: bool = False) -> Page:
    """The page of a run: headline, growth, drawdowns, months, rolling figures, trades, metrics.

    ``run`` is what ``backtest`` gave, or ``sheet_of_result(...)`` of a simulation. Pictures are
    drawn when the page is written; ``page.section(...)`` adds what you like. ``interactive`` adds
    curves to zoom into and 4.8 MB, and needs the extra ``report-plotly``.
    """
    sheet = run if isinstance(run, Sheet) else sheet_of_run(run)
    page = Page(sheet.title, sheet.subtitle)
    page.headline(*_headline(sheet))
    _returns(page.section("Returns"), sheet)
    if interactive:
        page.section("Closer").interactive(growth_figure(sheet))
    _months(page.section("Months"), sheet)
    _drawdowns(page.section("Worst drawdowns"), sheet)
    _rolling(page.section("Over time"), sheet)
    if sheet.trades.height:
        _trades(page.section("Trades"), sheet)
    metrics = page.section("Metrics", side=True)
    for caption, pairs in metric_columns(sheet.values, shares=sheet.shares).items():
        metrics.facts(pairs, caption=caption)
    return page.foot(sheet.foot)


def write_tear_sheet(run: BacktestRun, folder: Path, *, interactive: bool = False) -> None:
    """``tear_sheet.html`` and ``equity.svg`` into a folder."""
    sheet = sheet_of_run(run)
    tear_sheet(sheet, interactive=interactive).write(folder / "tear_sheet.html")
    equity(sheet.account, benchmark=_capital(sheet.benchmark)).write(folder / "equity.svg")


def metric_columns(
    values: Mapping[str, float], *, shares: bool = True
) -> dict[str, dict[str, str]]:
    """The metrics people look for, by group, as text; a group without a number is left out.

    ``shares``: money is counted in units of the equity that a run starts with, as in the screen.
    """
    told = {
        group: {metric_name(name): _value(name, values[name], shares) for name in names}
        for group, names in COLUMN.items()
    }
    known = {group for group, names in COLUMN.items() if any(_known(values[one]) for one in names)}
    return {group: pairs for group, pairs in told.items() if group in known}


def _known(value: float) -> bool:
    return value == value


def _value(name: str, value: float, shares: bool) -> str:
    return percent(value) if shares and name in SHARES else metric_value(name, value)


def _headline(sheet: Sheet) -> list[Number]:
    values = sheet.values
    total, fall = values["total_return"], values["max_drawdown"]
    held = float(sheet.account["benchmark"].to_numpy()[-1]) - 1.0
    longest = drawdowns(sheet.account, top=1)["length"]
    risk = f"volatility {percent(values['volatility'])}"
    under = f"lasted {span(longest[0])}" if len(longest) else ""
    return [
        Number("Total return", signed(total), f"{sheet.benchmark}: {signed(held)}", _tone(total)),
        Number("CAGR", signed(values["cagr"]), risk, _tone(values["cagr"])),
        Number("Sharpe", number(values["sharpe"]), f"Sortino {number(values['sortino'])}"),
        Number("Max drawdown", percent(fall), under, _tone(fall)),
        Number("Trades", whole(values["trade_count"]), f"{percent(values['win_rate'], 0)} won"),
        Number("Costs", percent(sheet.costs), sheet.costs_of),
    ]


def _tone(value: float) -> Tone:
    return "gain" if value > 0 else "loss" if value < 0 else ""


def _returns(section: Section, sheet: Sheet) -> None:
    name = _capital(sheet.benchmark)
    section.picture(equity(sheet.account, benchmark=name))
    section.picture(underwater(sheet.account, benchmark=name))


def _months(section: Section, sheet: Sheet) -> None:
    months = monthly_returns(sheet.account)
    names = months.columns[1:]
    section.table(
        months,
        caption="Return of each month and year, net of costs, in percent",
        say=dict.fromkeys(names, _in_percent),
        tint=names[:-1],
    )


def _in_percent(value: float) -> str:
    return number(value * 100, 1)


def _drawdowns(section: Section, sheet: Sheet) -> None:
    worst = drawdowns(sheet.account)
    if worst.is_empty():
        section.paragraph("The account never fell below an earlier peak.")
        return
    section.table(
        worst.select("depth", "peak", "trough", "recovery", "way_down", "length", "bars"),
        say={"depth": percent},
        names={"way_down": "Peak to trough", "length": "Peak to recovery"},
    )


def _rolling(section: Section, sheet: Sheet) -> None:
    found = rolling(sheet.account, convention=sheet.convention)
    for column in ("sharpe", "beta", "volatility"):
        if found.frame[column].drop_nulls().len() > 1:
            section.picture(rolling_picture(found, column), wide=False)
    section.picture(exposure(sheet.account), wide=False)


def _trades(section: Section, sheet: Sheet) -> None:
    counts = (
        sheet.trades["symbol"]
        .value_counts(sort=True, parallel=False)
        .sort("count", "symbol", descending=[True, False])
    )
    symbol, count = counts.row(0)
    section.picture(trades_on_price(sheet.frame, sheet.trades, symbol=symbol))
    if count > LAST * 3:
        section.picture(
            trades_on_price(sheet.frame, sheet.trades, symbol=symbol, last=LAST),
            caption=f"The last {LAST} of {count:,} trades",
        )
    closed = sheet.trades.filter(pl.col("status") == "closed")
    if closed.height:
        section.picture(trade_returns(closed), wide=False)
        section.table(_extremes(closed), caption="Best and worst", say=EXTREMES, wide=False)


EXTREMES: Final[dict[str, Callable[[Any], str]]] = {"return": signed, "held": span}


def _extremes(closed: pl.DataFrame) -> pl.DataFrame:
    """The three best and the three worst trades."""
    ranked = closed.sort("return", descending=True, maintain_order=True)
    few = ranked if ranked.height <= 6 else pl.concat([ranked.head(3), ranked.tail(3)])
    return few.select(
        "symbol",
        pl.col("entry_time").alias("entry"),
        "return",
        held=pl.col("exit_time") - pl.col("entry_time"),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


__all__ = ["metric_columns", "tear_sheet", "write_tear_sheet"]
