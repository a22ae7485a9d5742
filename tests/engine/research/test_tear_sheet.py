"""The page of a run: complete, self-contained, small on any number of bars."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from engine.backtest import BacktestSpec, backtest
from engine.research.tear_sheet import metric_columns, tear_sheet
from engine.strategies import build_strategy
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine

DAILY = "reference_data/bars/equity_1d_sp500"
MOST = 1_500_000


def fetched(html):
    """Every address that is no name of an XML vocabulary."""
    return re.findall(r"https?:[^\s\"'<)]*", html.replace("http://www.w3.org/2000/svg", ""))


@pytest.fixture(scope="module")
def run():
    spec = BacktestSpec(
        strategy=build_strategy("sma_cross", {"fast": 20, "slow": 100}),
        data=DAILY,
        symbols=("AAPL", "MSFT"),
        engine=VectorizedEngine(fee=0.0005),
    )
    return backtest(spec)


@pytest.fixture(scope="module")
def html(run):
    return tear_sheet(run).html()


def test_it_says_what_people_look_for(run, html):
    assert "<h1>sma_cross on AAPL, MSFT</h1>" in html
    for told in (
        "Total return", "CAGR", "Sharpe", "Max drawdown", "Trades", "Costs",
        "<h2>Returns</h2>", "<h2>Months</h2>", "<h2>Worst drawdowns</h2>", "<h2>Over time</h2>",
        "<h2>Metrics</h2>", "Sharpe over 126 days", "Beta over 126 days", "buy and hold",
    ):  # fmt: skip
        assert told in html, told
    assert html.count("<svg") >= 9


def test_its_foot_names_the_run(run, html):
    foot = html.split("<footer>")[1]
    identity = run.identity
    for told in (identity.run_id, identity.data_version, identity.cost_model, "fee 0.050 %"):
        assert told in foot


def test_its_numbers_are_those_of_the_run(run, html):
    total = f"+{run.values['total_return'] * 100:.2f} %"
    assert total in html
    assert f"<dd>{run.values['sharpe']:.2f}</dd>" in html
    # the years of the table multiply to the whole
    years = [float(text.replace("\N{MINUS SIGN}", "-")) for text in re.findall(
        r'<td class="right ">([^<]+)</td></tr>', html.split("<h2>Worst")[0])]  # fmt: skip
    assert len(years) == 6
    grown = np.prod([1 + year / 100 for year in years])
    assert grown == pytest.approx(1 + run.values["total_return"], abs=0.005)


def test_nothing_is_fetched_and_it_is_small(html):
    assert fetched(html) == []
    assert len(html.encode()) < 600_000


ODD = {
    "one bar": [100.0],
    "two bars": [100.0, 110.0],
    "nothing moves": [100.0] * 50,
    "ruined and more": [100.0, 100.0, 250.0, 500.0, 900.0, 100.0, 50.0, 20.0, 300.0],
    "begins late": [None] * 5 + [100.0, 101.0] * 10,
    "no price at all": [None] * 5,
    "up by all measures": [5.0**day for day in range(60)],
    "down by all measures": [0.2**day for day in range(60)],
}


class Always(StrategyBase):
    name = "always"

    def __init__(self, size):
        self.size = size

    def add_indicators(self, lf):
        return lf

    def signal(self):
        return pl.lit(self.size)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1.0, -3.0])
@pytest.mark.parametrize("closes", ODD.values(), ids=list(ODD))
def test_odd_runs_have_pages_too(tmp_path, closes, size):
    start = datetime(2024, 1, 1, tzinfo=UTC)
    prices = dict.fromkeys(("open", "high", "low", "close"), pl.Series(closes, dtype=pl.Float64()))
    times = [start + timedelta(days=day) for day in range(len(closes))]
    frame = pl.DataFrame({"timestamp": times, **prices}).with_columns(volume=pl.lit(1.0))
    frame.write_parquet(tmp_path / "AAA.parquet")
    odd = backtest(BacktestSpec(strategy=Always(size), data=tmp_path / "AAA.parquet"))
    page = tear_sheet(odd).html()
    assert "<h1>always on AAA</h1>" in page
    assert "nan" not in re.sub("<(svg|style).*?</\\1>", "", page, flags=re.DOTALL)


def test_curves_to_zoom_into_are_an_extra(run):
    pytest.importorskip("plotly")
    page = tear_sheet(run, interactive=True).html()
    assert page.count('class="plotly-graph-div"') == 1
    assert page.count("plotly.js v") == 1
    assert "<script src" not in page


def test_a_run_without_trades_has_a_page_too():
    strategy = build_strategy("sma_cross", {"fast": 600, "slow": 1200})
    flat = backtest(BacktestSpec(strategy=strategy, data=DAILY, symbols=("BHF",)))
    page = tear_sheet(flat).html()
    assert "<h2>Trades</h2>" not in page
    assert "never fell below an earlier peak" in page
    assert "\N{EN DASH} won" in page


def test_metrics_that_are_not_known_leave_no_empty_group(run):
    assert list(metric_columns(run.values))[:2] == ["Return", "Risk"]
    bare = dict.fromkeys(run.values, float("nan")) | {"total_return": 0.1}
    assert list(metric_columns(bare)) == ["Return"]


def test_a_million_bars_stay_below_a_megabyte_and_a_half(tmp_path):
    count = 1_000_000
    moves = np.random.default_rng(5).normal(0, 5e-4, count)
    close = 100 * np.exp(np.cumsum(moves))
    start = datetime(2020, 1, 1, tzinfo=UTC)
    clock = pl.datetime_range(
        start, start + timedelta(minutes=count - 1), "1m", eager=True, time_unit="ms"
    )
    bars = pl.DataFrame({"timestamp": clock, "symbol": "AAA", "close": close}).with_columns(
        pl.col("close").shift(1, fill_value=100.0).alias("open"), pl.lit(1.0).alias("volume")
    )
    file = tmp_path / "AAA.parquet"
    bars.with_columns(
        high=pl.max_horizontal("open", "close"), low=pl.min_horizontal("open", "close")
    ).write_parquet(file)
    spec = BacktestSpec(strategy=build_strategy("sma_cross", {"short": -1.0}), data=file)
    page = tear_sheet(backtest(spec)).html()
    assert len(page.encode()) <= MOST
    assert fetched(page) == []
    longest = max(len(re.findall("[ML]", path)) for path in re.findall(r' d="([^"]+)"', page))
    assert longest <= 5_000
