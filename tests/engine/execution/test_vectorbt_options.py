"""What a user may set is what vectorbt has; anything else is an error that names it."""

import numpy as np
import pytest
from told import request_of

from engine.execution.records import BadOption, Unsupported
from engine.execution.vectorbt import DEFAULTS, OPTIONS, run

BARS = [10.0, 11.0, 12.0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sl_trial": 1}, ("sl_trial", "accumulate")),
        ({"reject_prob": 0.5}, ("reject_prob",)),
        ({"size_type": "shares"}, ("size_type", "shares", "amount")),
        ({"accumulate": 2}, ("accumulate", "2", "addonly")),
        ({"upon_stop_exit": True}, ("upon_stop_exit", "closereduce")),
        ({"fees": "much"}, ("fees", "much", "number")),
        ({"lock_cash": "yes"}, ("lock_cash", "yes", "true or false")),
        ({"fees": [0.1, 0.2]}, ("fees", "(2,)", "1 columns")),
        ({"max_size": np.ones((2, 1))}, ("max_size", "(2, 1)", "3 bars")),
        ({"engine": "cuda"}, ("engine", "cuda", "rust")),
        ({"call_seq": ["default"]}, ("call_seq", "one value")),
        ({"init_cash": "plenty"}, ("init_cash", "plenty")),
        ({"init_cash": [1.0, 2.0]}, ("init_cash", "1")),
        ({"group_by": ["a", "b"]}, ("group_by", "2 labels", "1 symbols")),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_option_vectorbt_does_not_have(options, words):
    with pytest.raises(BadOption) as error:
        run(request_of(BARS, entry=[0], options=options))
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"price": "nextopen"}, ("price", "nextopen", "close")),
        ({"size": "all"}, ("size", "all")),
        ({"stop": 0.1}, ("stop", "stop_loss")),
    ],
)
def test_a_value_vectorbt_does_not_have(values, words):
    with pytest.raises(BadOption) as error:
        run(request_of(BARS, entry=[0], **values))
    for word in words:
        assert word in str(error.value)


def test_direction_goes_without_short_signals():
    with pytest.raises(BadOption, match="direction has no effect with short signals"):
        run(request_of(BARS, short_entry=[0], options={"direction": "both"}))


def test_a_fixed_and_a_trailing_stop_share_one_slot():
    with pytest.raises(Unsupported, match="one stop-loss slot"):
        run(request_of(BARS, entry=[0], stop_loss=0.1, trailing_stop=0.1))
    by_bar = request_of(
        BARS, entry=[0], stop_loss=[0.1, np.nan, 0.1], trailing_stop=[np.nan, 0.1, np.nan]
    )
    assert len(run(by_bar).fills) == 1


def test_groups_are_neighbours():
    request = request_of(BARS)
    options = {"cash_sharing": True, "group_by": ["a", "b", "a"]}
    wide = request.__class__(
        request.market, ("A", "B", "C"), 100.0, 0.0, 0.0, 0.0, options=options
    )  # fmt: skip
    with pytest.raises(BadOption, match="neighbours"):
        run(wide)


@pytest.mark.parametrize(
    ("options", "accounts"),
    [
        ({}, ("A", "B", "C")),
        ({"group_by": [1, 1, 2]}, ("A", "B", "C")),  # without shared cash groups mean nothing
        ({"cash_sharing": True}, ("A+B+C",)),
        ({"cash_sharing": True, "group_by": ["y", "x", "x"]}, ("A", "B+C")),
    ],
)
def test_who_holds_the_cash(options, accounts):
    request = request_of(BARS)
    wide = request.__class__(
        request.market, ("A", "B", "C"), 100.0, 0.0, 0.0, 0.0, options=options
    )  # fmt: skip
    ledger = run(wide)
    assert ledger.accounts == accounts
    assert ledger.cash.shape == (3, len(accounts))


@pytest.mark.parametrize("given", ["both", True, 1.0, np.array([["both"]] * 3, dtype=object)])
def test_accumulation_is_a_word_or_a_flag(given):
    ledger = run(request_of(BARS, entry=[0, 1], size=1.0, options={"accumulate": given}))
    assert ledger.fills["quantity"].tolist() == [1.0, 1.0]


def test_an_option_that_is_not_given_is_its_default():
    none = run(request_of(BARS, entry=[0], options=dict.fromkeys(OPTIONS)))
    assert none.fills.tobytes() == run(request_of(BARS, entry=[0])).fills.tobytes()
    assert DEFAULTS["min_size"] == 1e-8
    assert DEFAULTS["stop_entry_price"] == "close"
