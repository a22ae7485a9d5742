"""One page that says how a strategy did, what it risked, and exactly what was run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from engine.research.page import Number, Page, Section, Tone
from engine.research.pictures.curves import equity, exposure, rolling_picture, underwater
from engine.research.pictures.trades import trade_returns, trades_on_price
from engine.research.rolling import rolling
from engine.research.tables import drawdowns, monthly_returns
from engine.research.words import (
    metric_name,
    metric_value,
    moment,
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


def tear_sheet(run: BacktestRun) -> Page:
    """The page of a run: headline, growth, drawdowns, months, rolling figures, trades, metrics.

    Pictures are drawn when the page is written; ``page.section(...)`` adds what you like.
    """
    values, identity = run.values, run.identity
    page = Page(f"{identity.strategy} on {_universe(identity.universe)}", _subtitle(run))
    page.headline(*_headline(run, values))
    _returns(page.section("Returns"), run)
    _months(page.section("Months"), run)
    _drawdowns(page.section("Worst drawdowns"), run)
    _rolling(page.section("Over time"), run)
    if run.trades.height:
        _trades(page.section("Trades"), run)
    metrics = page.section("Metrics", side=True)
    for caption, pairs in metric_columns(values).items():
        metrics.facts(pairs, caption=caption)
    return page.foot(_foot(run))


def write_tear_sheet(run: BacktestRun, folder: Path) -> None:
    """``tear_sheet.html`` and ``equity.svg`` into a folder."""
    tear_sheet(run).write(folder / "tear_sheet.html")
    equity(run.account, benchmark=_capital(run.benchmark)).write(folder / "equity.svg")


def metric_columns(values: Mapping[str, float]) -> dict[str, dict[str, str]]:
    """The metrics people look for, by group, as text; a group without a number is left out."""
    told = {
        group: {metric_name(name): _value(name, values[name]) for name in names}
        for group, names in COLUMN.items()
    }
    known = {group for group, names in COLUMN.items() if any(_known(values[one]) for one in names)}
    return {group: pairs for group, pairs in told.items() if group in known}


def _known(value: float) -> bool:
    return value == value


def _value(name: str, value: float) -> str:
    return percent(value) if name in SHARES else metric_value(name, value)


def _headline(run: BacktestRun, values: Mapping[str, float]) -> list[Number]:
    total, fall = values["total_return"], values["max_drawdown"]
    held = float(run.account["benchmark"].to_numpy()[-1]) - 1.0
    longest = drawdowns(run.account, top=1)["length"]
    under = f"lasted {span(longest[0])}" if len(longest) else ""
    return [
        Number("Total return", signed(total), f"{run.benchmark}: {signed(held)}", _tone(total)),
        Number("CAGR", signed(values["cagr"]), "a year", _tone(values["cagr"])),
        Number("Sharpe", number(values["sharpe"]), f"Sortino {number(values['sortino'])}"),
        Number("Max drawdown", percent(fall), under, _tone(fall)),
        Number("Trades", whole(values["trade_count"]), f"{percent(values['win_rate'], 0)} won"),
        Number("Costs", percent(values["commission"]), "of equity, summed up"),
    ]


def _tone(value: float) -> Tone:
    return "gain" if value > 0 else "loss" if value < 0 else ""


def _returns(section: Section, run: BacktestRun) -> None:
    name = _capital(run.benchmark)
    section.picture(equity(run.account, benchmark=name))
    section.picture(underwater(run.account, benchmark=name))


def _months(section: Section, run: BacktestRun) -> None:
    months = monthly_returns(run.account)
    names = months.columns[1:]
    section.table(
        months,
        caption="Return of each month and year, net of costs, in percent",
        say=dict.fromkeys(names, _in_percent),
        tint=names[:-1],
    )


def _in_percent(value: float) -> str:
    return number(value * 100, 1)


def _drawdowns(section: Section, run: BacktestRun) -> None:
    worst = drawdowns(run.account)
    if worst.is_empty():
        section.paragraph("The account never fell below an earlier peak.")
        return
    section.table(
        worst.select("depth", "peak", "trough", "recovery", "way_down", "length", "bars"),
        say={"depth": percent},
        names={"way_down": "Peak to trough", "length": "Peak to recovery"},
    )


def _rolling(section: Section, run: BacktestRun) -> None:
    found = rolling(run.account, convention=run.engine.convention)
    for column in ("sharpe", "beta", "volatility"):
        if found.frame[column].drop_nulls().len() > 1:
            section.picture(rolling_picture(found, column), wide=False)
    section.picture(exposure(run.account), wide=False)


def _trades(section: Section, run: BacktestRun) -> None:
    counts = (
        run.trades["symbol"]
        .value_counts(sort=True, parallel=False)
        .sort("count", "symbol", descending=[True, False])
    )
    symbol, count = counts.row(0)
    section.picture(trades_on_price(run.frame, run.trades, symbol=symbol))
    if count > LAST * 3:
        section.picture(
            trades_on_price(run.frame, run.trades, symbol=symbol, last=LAST),
            caption=f"The last {LAST} of {count:,} trades",
        )
    closed = run.trades.filter(pl.col("status") == "closed")
    if closed.height:
        section.picture(trade_returns(closed), wide=False)
        section.table(_extremes(closed), caption="Best and worst", say=EXTREMES, wide=False)


EXTREMES: Final[dict[str, Callable[[Any], str]]] = {"return": signed, "held": span}


def _extremes(closed: pl.DataFrame) -> pl.DataFrame:
    """The three best and the three worst trades."""
    ranked = closed.sort("return", descending=True, maintain_order=True)
    few = ranked if ranked.height <= 6 else pl.concat([ranked.head(3), ranked.tail(3)])
    return few.select("symbol", pl.col("entry_time").alias("entry"), "return", held="duration")


def _subtitle(run: BacktestRun) -> str:
    identity = run.identity
    params = ", ".join(
        f"{name} {value}" for name, value in identity.params.items() if name != "warmup"
    )
    times = f"{moment(identity.start)} to {moment(identity.end)}"
    traded = run.engine.execution.replace("_", " ")
    return f"{times}, {identity.frequency} bars, traded at the {traded}" + (
        f"; {params}" if params else ""
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _universe(symbols: tuple[str, ...]) -> str:
    return ", ".join(symbols) if len(symbols) <= 4 else f"{len(symbols)} symbols"


def _foot(run: BacktestRun) -> dict[str, str]:
    identity = run.identity
    return {
        "Run": identity.run_id,
        "Strategy": f"{identity.strategy} {identity.strategy_version}, "
        f"code {identity.strategy_code[:12]}",
        "Data": identity.data_version,
        "Universe": ", ".join(identity.universe),
        "Costs": f"{identity.cost_model}: fee {_cost(run.engine.fee)}, "
        f"slippage {_cost(run.engine.slippage)}",
        "Conventions": f"{number(run.values['periods_per_year'], 0)} bars a year; "
        "returns net of costs; times in UTC",
        "Computed by": identity.code_version,
    }


def _cost(cost: object) -> str:
    return percent(cost, 3) if isinstance(cost, float | int) else str(cost)


__all__ = ["metric_columns", "tear_sheet", "write_tear_sheet"]
