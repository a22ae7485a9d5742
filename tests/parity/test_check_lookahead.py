"""``truefill check lookahead`` finds the leaks that were put in, and says where."""

import json
from pathlib import Path

import pytest

from engine.strategies import SHIPPED
from parity.cli import main

LEAKS = Path(__file__).with_name("leaks.py")
APPLE = "reference_data/bars/equity_1d_sp500"


def check(capsys, strategy, *more):
    words = ["check", "lookahead", str(strategy), "--data", APPLE, "--symbols", "AAPL,MSFT", *more]
    code = main(words)
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.fixture(autouse=True)
def at_home(monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[2])


@pytest.mark.parametrize(
    ("leak", "column"),
    [
        ("Centred", "level"),
        ("Shifted", "signal"),
        ("Normalised", "level"),
        ("Labelled", "level"),
    ],
)
def test_a_leak_is_found_and_named(capsys, leak, column):
    code, out, _err = check(capsys, f"{LEAKS}:{leak}")
    assert code == 1
    assert f"looks ahead: {leak.lower()}: {column} of " in out
    assert "while bars end at" in out


def test_one_without_a_leak(capsys):
    code, out, _err = check(capsys, f"{LEAKS}:Above", "--cuts", "3")
    assert code == 0
    assert out == (
        "above does not look ahead: level, signal of 2,518 bars (2 symbols) are the same when "
        "bars end at 3 earlier times\n"
    )


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_does_not_look_ahead(capsys, name):
    code, out, _err = check(capsys, name, "--json", "--cuts", "4")
    assert code == 0
    told = json.loads(out)
    assert (told["looks_ahead"], told["bars"], len(told["cuts"])) == (False, 2518, 4)
    assert told["columns"][-1] == "signal"


def test_a_leak_as_json(capsys):
    code, out, _err = check(capsys, f"{LEAKS}:Shifted", "--json")
    assert code == 1
    assert json.loads(out)["leak"].startswith("shifted: signal of ")


def test_bad_input(capsys):
    assert check(capsys, "sma_crss")[0] == 2
    code, _out, err = check(capsys, "sma_cross", "--param", "fsat=3")
    assert code == 2
    assert "did you mean 'fast'" in err
    assert check(capsys, "sma_cross", "--to", "1999-01-01")[0] == 2
