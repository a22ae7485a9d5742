"""The race of tapes: one order to forty bars, the same fills on both sides."""

import json

import numpy as np
import pytest

from engine.errors import OptionError
from engine.execution import MODELS
from engine.execution.records import Market, Request
from parity.bench.minutes import long_minutes
from parity.bench.orders import ARRAYS, EVERY, SETTINGS, TAPES, write_tape
from parity.bench.race import Runner, Side
from parity.bench.tapes import OUR_COMMAND, RIVALS, bench_tapes
from parity.platforms import find_platforms


@pytest.mark.parametrize("tape", TAPES, ids=lambda tape: tape.name)
def test_there_is_one_order_to_forty_bars(tape):
    close = long_minutes(40_000)[0]["close"]
    rows = tape.rows(close)
    assert 0.85 < len(rows) * EVERY / len(close) < 1.15
    assert rows["bar"].min() >= 1 and rows["bar"].max() < len(close) - 2
    assert (np.diff(rows["bar"]) >= 0).all()


def test_a_bracket_closes_its_entry_on_both_sides_of_it():
    close = np.full(2_000, 100.0)
    entry, stop, target = TAPES[1].rows(close)[:3]
    assert stop["parent_id"] == target["parent_id"] == entry["order_id"]
    assert stop["quantity"] == target["quantity"] == -entry["quantity"]
    assert stop["stop_price"] == pytest.approx(99.7)
    assert target["limit_price"] == pytest.approx(100.3)


@pytest.mark.parametrize("model", RIVALS)
def test_our_side_tells_the_fills_of_its_model(model, tmp_path):
    prices, _ = long_minutes(3_000)
    folder = write_tape(TAPES[1], prices, tmp_path)
    (peer,) = find_platforms(f"{model}+{RIVALS[model].idiom}")
    options = {**peer.options, **RIVALS[model].options}
    with Runner(Side("ours", (*OUR_COMMAND, model, json.dumps(options)))) as runner:
        runner.load(folder, ARRAYS)
        assert runner.run() > 0
        told = runner.fills(tmp_path / "fills.npy")
    columns = {name: series[:, None] for name, series in prices.items()}
    market = Market(**columns, volume=np.full_like(columns["close"], 1e9))
    asked = {name: np.load(folder / f"{name}.npy") for name in ("tape", "clock")}
    request = Request(market, ("BTCUSDT",), **asked, options=options, **SETTINGS)
    ledger = MODELS[model].run(request)
    assert told["fills"] == len(ledger.fills) > 20
    rows = np.load(tmp_path / "fills.npy")
    assert sorted(rows["price"]) == sorted(ledger.fills["price"])
    assert json.loads((folder / "settings.json").read_text()) == SETTINGS


@pytest.mark.peer
@pytest.mark.parametrize("platform", RIVALS)
def test_the_real_platform_gives_the_same_fills(platform):
    document = bench_tapes(platform, rounds=1, smoke=True)
    odd = [f["value"] for f in document["figures"] if f["name"] == "differing fills"]
    assert odd == [0, 0]
    assert document["exit_code"] == 0


def test_a_platform_without_a_race_says_so():
    with pytest.raises(OptionError, match=r"no race of tapes against 'lean'.*backtesting_py"):
        bench_tapes("lean")
