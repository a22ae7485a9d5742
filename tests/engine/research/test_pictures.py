"""What a picture shows, that it stays small, and what it refuses."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from engine.errors import ExtraMissing, InputError
from engine.research.pictures import heat_map, lines, windows
from engine.research.pictures.curves import equity, exposure, months, underwater
from engine.research.pictures.lines import rungs
from engine.research.pictures.style import TONES
from engine.research.pictures.trades import trade_returns, trades_on_price

MINUS = "\N{MINUS SIGN}"
START = datetime(2024, 1, 1, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def times(count, step=timedelta(days=1)):
    return pl.Series("timestamp", [START + step * at for at in range(count)]).cast(
        pl.Datetime("ms", "UTC")
    )


def curve(count=100):
    wave = 1.0 + 0.1 * np.sin(np.arange(count) / 9)
    return pl.DataFrame([times(count)]).with_columns(
        equity=pl.Series(wave), benchmark=pl.Series(wave[::-1]), exposure=pl.lit(0.5)
    )


def texts(svg):
    return [node.text for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def points(svg):
    """The number of places on each line of a drawing."""
    paths = [node.get("d") for node in ElementTree.fromstring(svg).iter(f"{SVG}path")]
    return [len(re.findall("[ML]", path)) for path in paths]


def test_a_picture_is_the_same_on_every_run_and_names_no_address():
    one, two = (equity(curve()).svg() for _ in range(2))
    assert one == two
    assert re.findall("https?://", one.replace("http://www.w3.org/2000/svg", "")) == []


def test_colours_are_variables_with_dark_ones_beside_them():
    svg = equity(curve()).svg()
    assert f"var(--tf-first,{TONES['first'].light})" in svg
    assert f"prefers-color-scheme:dark){{:root{{--tf-paper:{TONES['paper'].dark}" in svg
    assert "prefers-color-scheme" not in equity(curve()).svg(prefix="p1")


def test_names_inside_a_page_are_its_own():
    ids = [
        set(re.findall(r'id="([^"]+)"', underwater(curve()).svg(prefix=prefix)))
        for prefix in ("p1", "p2")
    ]
    assert ids[0] and not ids[0] & ids[1]


def test_those_who_cannot_see_it_are_told():
    root = ElementTree.fromstring(underwater(curve()).svg())
    assert root.get("aria-label").startswith(f"Drawdowns, the deepest {MINUS}")


def test_a_million_points_stay_small():
    count = 1_000_000
    frame = pl.DataFrame([times(count, timedelta(minutes=1))]).with_columns(
        a=pl.Series(np.cumsum(np.random.default_rng(1).normal(0, 1, count)))
    )
    svg = lines(frame).svg()
    assert len(svg) < 100_000
    assert 500 < max(points(svg)) <= 5_000


def test_png_is_as_wide_as_asked():
    png = equity(curve()).png(width=430, scale=2.0)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20], "big") == 860


def test_files_by_suffix(tmp_path):
    for name in ("a.svg", "a.png"):
        assert equity(curve()).write(tmp_path / name).stat().st_size > 1000
    with pytest.raises(InputError, match=r"\.svg or \.png"):
        equity(curve()).write(tmp_path / "a.gif")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.png", "a.svg"]


def test_the_scale_is_linear_where_an_account_falls_to_nothing():
    ruined = curve().with_columns(
        equity=pl.when(pl.int_range(pl.len()) > 50).then(0.0).otherwise(1.0)
    )
    assert "Growth of 1, linear, for an account falls to nothing" in texts(equity(ruined).svg())
    assert "Growth of 1, logarithmic" in texts(equity(curve()).svg())


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (0.9, 1.1, [0.9, 0.95, 1.0, 1.05, 1.1]),
        (0.8, 6.5, [1.0, 1.5, 2.0, 3.0, 5.0]),
        (0.5, 900.0, [0.5, 1.5, 5.0, 15.0, 50.0, 150.0, 500.0]),
    ],
)
def test_round_numbers_on_a_logarithmic_scale(low, high, wanted):
    found = rungs(low, high)
    assert found == pytest.approx(wanted)


def test_a_gap_breaks_the_line():
    frame = pl.DataFrame({"x": [1.0, 2.0, 3.0, 4.0, 5.0], "y": [1.0, 2.0, None, 2.0, 1.0]})
    svg = lines(frame).svg()
    assert any(path.count("M") == 2 for path in re.findall(r'd="([^"]+)"', svg))


def test_one_small_chart_for_each_parameter():
    frame = pl.DataFrame([times(4)]).with_columns(
        fast=pl.Series([5, 5, 10, 20]), slow=pl.Series([50, 100, 100, 200])
    )
    told = texts(windows(frame).svg())
    assert {"fast", "slow"} <= set(told)


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"x": []}),
        pl.DataFrame({"x": [1.0]}),
        pl.DataFrame({"x": [1.0], "y": ["a"]}),
        pl.DataFrame({"x": ["a"], "y": [1.0]}),
    ],
)
def test_lines_need_times_or_numbers_and_then_numbers(frame):
    with pytest.raises(InputError, match="picture 'lines'"):
        lines(frame)


PIVOT = pl.DataFrame({"fast": [5, 10], "50": [0.5, -1.0], "100": [1.5, None]})


def test_a_heat_map_tells_its_numbers_and_leaves_gaps_empty():
    told = texts(heat_map(PIVOT, value="Sharpe", columns="slow").svg())
    assert {
        "0.50",
        f"{MINUS}1.00",
        "1.50",
        "Sharpe",
        "fast",
        "slow",
        "5",
        "10",
        "50",
        "100",
    } <= set(told)
    assert heat_map(PIVOT).alt.endswith("4 cells")


def test_a_search_of_a_hundred_by_a_hundred_stays_small():
    wide = pl.DataFrame({"a": range(100), **{str(at): np.arange(100.0) for at in range(100)}})
    svg = heat_map(wide).svg()
    assert len(svg) < 60_000
    assert "data:image/png;base64," in svg


def test_the_best_cell_is_framed():
    assert len(heat_map(PIVOT, mark=(5, "100")).svg()) > len(heat_map(PIVOT).svg())
    with pytest.raises(InputError, match=r"no cell \(7, '100'\)"):
        heat_map(PIVOT, mark=(7, "100"))


@pytest.mark.parametrize(
    "pivot", [PIVOT.select("fast"), PIVOT.with_columns(pl.lit("a").alias("50")), PIVOT.clear()]
)
def test_a_heat_map_needs_numbers(pivot):
    with pytest.raises(InputError, match="the others hold numbers"):
        heat_map(pivot)


FRAME = pl.DataFrame([times(6)]).with_columns(
    symbol=pl.lit("A"),
    close=pl.Series([1.0, 2.0, 3.0, 2.0, 1.0, 2.0]),
    position=pl.Series([0.0, 1.0, 1.0, 0.0, -1.0, -1.0]),
)
TRADES = pl.DataFrame(
    {
        "symbol": ["A", "A"],
        "entry_time": [START + timedelta(days=1), START + timedelta(days=4)],
        "exit_time": [START + timedelta(days=3), None],
        "entry_signal": [1.0, -1.0],
        "return": [0.5, -0.25],
        "status": ["closed", "open"],
    },
    schema_overrides={name: pl.Datetime("ms", "UTC") for name in ("entry_time", "exit_time")},
)


def test_trades_on_the_price():
    picture = trades_on_price(FRAME, TRADES, symbol="A")
    told = texts(picture.svg())
    assert {"flat", "long", "short", "buy", "sell short", "exit", "A, close"} <= set(told)
    assert picture.alt == "2 trades on the price of A"
    with pytest.raises(InputError, match="no bars of 'B'"):
        trades_on_price(FRAME, TRADES, symbol="B")


def test_the_last_trades_only():
    assert trades_on_price(FRAME, TRADES, symbol="A", last=1).alt == "1 trades on the price of A"


def test_trades_by_return_count_the_closed_ones():
    assert trade_returns(TRADES).alt == "1 trades by return, 100 % won"
    assert "Trades by return, mean 50.00 %" in texts(trade_returns(TRADES).svg())
    with pytest.raises(InputError, match="no trade is closed"):
        trade_returns(TRADES.filter(pl.col("status") == "open"))


def test_exposure_is_a_mean_over_time():
    assert exposure(curve()).alt == "Exposure, on average 50.00 %"


def test_months_are_a_heat_map_around_zero():
    told = texts(months(curve(60)).svg())
    assert {"2024", "Jan", "Feb", "Dec", "Return by month, %"} <= set(told)


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ExtraMissing, match=r"needs matplotlib.*pip install 'truefill\[report\]'"):
        equity(curve()).svg()


def test_pyplot_is_never_loaded():
    code = (
        "import sys; sys.path[:0] = ['tests/engine/research']; import test_pictures as t; "
        "t.equity(t.curve()).svg(); t.heat_map(t.PIVOT).png(); "
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
