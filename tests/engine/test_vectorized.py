"""A few bars traded at a close, at the next open and at the next close, worked by hand."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from engine.errors import InputError
from engine.vectorized import VectorizedEngine

START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = [START + timedelta(days=day) for day in range(6)]


def story(symbol="A", scale=1.0, **columns):
    """Wanted: long at the second close, short at the fourth, flat at the fifth."""
    told = {
        "timestamp": pl.Series(DAYS[:5]).cast(pl.Datetime("ms", "UTC")),
        "symbol": [symbol] * 5,
        "open": [100.0, 104.0, 115.5, 121.0, 110.0],
        "close": [100.0, 110.0, 121.0, 121.0, 108.9],
        "signal": [0.0, 1.0, 1.0, -1.0, 0.0],
        **columns,
    }
    return pl.DataFrame(told).with_columns(pl.col("open", "close") * scale)


def column(screen, name):
    return screen.frame.collect()[name].to_list()


def test_at_the_close():
    screen = VectorizedEngine("close").run(story())
    assert column(screen, "position") == [0.0, 0.0, 1.0, 1.0, -1.0]
    assert column(screen, "gross") == pytest.approx([0.0, 0.0, 0.1, 0.0, 0.1])
    assert column(screen, "equity") == pytest.approx([1.0, 1.0, 1.1, 1.1, 1.21])


def test_at_the_next_open():
    screen = VectorizedEngine().run(story())
    assert column(screen, "position") == [0.0, 0.0, 1.0, 1.0, -1.0]
    # long from 115.5; short from 110, after the long lost from 121 to 110
    last = (110 / 121) * (2 - 108.9 / 110) - 1
    assert column(screen, "gross") == pytest.approx([0.0, 0.0, 121 / 115.5 - 1, 0.0, last])
    assert column(screen, "asset_return") == pytest.approx([0.0, 0.1, 0.1, 0.0, -0.1])


def test_at_the_next_close():
    screen = VectorizedEngine("next_close").run(story())
    assert column(screen, "position") == [0.0, 0.0, 0.0, 1.0, 1.0]
    assert column(screen, "gross") == pytest.approx([0.0, 0.0, 0.0, 0.0, -0.1])


def test_a_change_of_exposure_costs_its_size():
    screen = VectorizedEngine("close", fee=0.001, slippage=0.0005).run(story())
    assert column(screen, "cost") == pytest.approx([0.0, 0.0, 0.0015, 0.0, 0.003])
    assert column(screen, "net") == pytest.approx([0.0, 0.0, 0.0985, 0.0, 0.097])
    assert column(screen, "equity")[-1] == pytest.approx(1.0985 * 1.097)


def test_costs_per_symbol_and_per_bar():
    both = pl.concat([story("A"), story("B")])
    told = {"fee": {"A": 0.0, "B": 0.01}, "slippage": "spread"}
    bars = both.with_columns(spread=pl.Series([0.0, 0.0, 0.1, 0.0, 0.0] * 2))
    screen = VectorizedEngine("close", **told).run(bars)
    assert column(screen, "cost") == pytest.approx([0, 0, 0.1, 0, 0, 0, 0, 0.11, 0, 0.02])


def test_symbols_share_the_account_by_weight():
    flat = story("B", signal=[0.0] * 5)
    both = pl.concat([story("A"), flat])
    half = VectorizedEngine("close").run(both).account.collect()
    assert half["gross"].to_list() == pytest.approx([0.0, 0.0, 0.05, 0.0, 0.05])
    assert half["equity"].to_list()[-1] == pytest.approx(1.05**2)
    weights = {"A": 0.8, "B": 0.2}
    most = VectorizedEngine("close", weights=weights).run(both).account.collect()
    assert most["exposure"].to_list() == [0.0, 0.0, 0.8, 0.8, 0.8]


def test_what_a_price_is_worth_does_not_matter():
    one, other = (VectorizedEngine().run(story(scale=scale)) for scale in (1.0, 1000.0))
    assert column(one, "net") == pytest.approx(column(other, "net"))


def test_trades_at_the_next_open_have_both_costs_in_them():
    trades = VectorizedEngine(fee=0.01).run(story()).trades.collect()
    assert trades["entry_time"].to_list() == [DAYS[2], DAYS[4]]
    assert trades["exit_time"].to_list() == [DAYS[4], None]
    assert trades["status"].to_list() == ["closed", "open"]
    assert trades["entry_signal"].to_list() == [1.0, -1.0]
    assert trades["bars"].to_list() == [2, 1]
    assert trades["duration"].to_list() == [timedelta(days=2), None]
    long = (121 / 115.5 - 0.01) * (110 / 121 - 0.01) - 1
    short = 1 + (1 - 108.9 / 110) - 0.01 - 1
    assert trades["return"].to_list() == pytest.approx([long, short])


def test_trades_at_the_close():
    trades = VectorizedEngine("close").run(story()).trades.collect()
    assert trades["entry_time"].to_list() == [DAYS[1], DAYS[3]]
    assert trades["exit_time"].to_list() == [DAYS[3], None]
    assert trades["return"].to_list() == pytest.approx([0.1, 0.1])


def test_a_change_of_size_is_the_same_trade():
    bars = story(signal=[1.0, 0.5, 1.0, 0.0, 0.0])
    trades = VectorizedEngine("close").run(bars).trades.collect()
    assert trades["bars"].to_list() == [3]
    assert trades["return"].to_list() == pytest.approx([1.1 * 1.05 * 1.0 - 1])


def test_metrics_of_the_account():
    screen = VectorizedEngine("close", fee=0.01).run(story())
    values = dict(screen.metrics.iter_rows())
    assert values["total_return"] == pytest.approx(1.09 * 1.08 - 1)
    assert values["end_equity"] == pytest.approx(1.09 * 1.08)
    assert values["turnover"] == 3.0
    assert values["commission"] == pytest.approx(0.03)
    assert values["cost_share"] == pytest.approx(0.03 / 0.2)
    assert values["exposure"] == pytest.approx(3 / 5)
    assert values["n_days_in_market"] == 3
    assert values["trade_count"] == 1
    assert values["open_trade_count"] == 1
    assert values["periods_per_year"] == 252  # Monday to Friday


def test_a_bar_without_a_price_moves_nothing():
    nan = float("nan")
    bars = story(close=[100.0, 110.0, nan, 121.0, 121.0], signal=[1.0] * 5)
    gross = column(VectorizedEngine("close").run(bars), "gross")
    assert gross == pytest.approx([0.0, 0.1, 0.0, 0.1, 0.0])


def test_scalars_do_not_need_the_series():
    screen = VectorizedEngine().run(story().lazy())
    assert screen.account.select(pl.col("equity").last()).collect().shape == (1, 1)


def test_a_signal_that_is_missing_is_flat():
    bars = story(signal=[1.0, None, float("nan"), 1.0, 1.0])
    assert column(VectorizedEngine("close").run(bars), "position") == [0.0, 1.0, 0.0, 0.0, 1.0]


def test_bad_input_is_named():
    with pytest.raises(InputError, match="execution is 'open'"):
        VectorizedEngine("open")
    with pytest.raises(InputError, match=r"lack \['open'\]"):
        VectorizedEngine().run(story().drop("open"))
    with pytest.raises(InputError, match=r"lack \['spread'\]"):
        VectorizedEngine(fee="spread").run(story())
    for told in ({"weights": {"B": 1.0}}, {"fee": {}}, {"slippage": {"B": 0.1}}):
        with pytest.raises(InputError, match=r"has nothing for \['A'\]"):
            VectorizedEngine(**told).run(story())


def test_held_all_along_it_is_the_price_itself():
    screen = VectorizedEngine().run(story(signal=[1.0] * 5))
    assert column(screen, "equity")[-1] == pytest.approx(108.9 / 104)  # from the second open on


def test_symbols_do_not_lend_each_other_their_bars():
    a, b = story("A"), story("B", scale=7.0, signal=[1.0] * 5)
    alone = [VectorizedEngine(fee=0.01).run(one).frame.collect() for one in (a, b)]
    both = VectorizedEngine(fee=0.01).run(pl.concat([a, b])).frame.collect()
    assert both.equals(pl.concat(alone))
