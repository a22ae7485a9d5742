"""Options zipline does not have, and values they cannot take, are errors that name them."""

import pytest
from zipline_told import buy, request_of

from engine.execution.records import BadOption, Unsupported
from engine.execution.zipline import DEFAULTS, OPTIONS, run


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"leverage": 2.0}, "no option 'leverage'"),
        ({"route": "csv"}, "route is 'csv'; it is one of exact, bundle"),
        ({"slippage_model": "random"}, "slippage_model is 'random'"),
        ({"commission_model": 3}, "commission_model is 3"),
        ({"cancel_policy": "weekly"}, "cancel_policy is 'weekly'"),
        ({"data_frequency": "hourly"}, "data_frequency is 'hourly'; it is one of daily, minute"),
        ({"calendar": "XLON"}, "calendar is 'XLON'; it is one of XNYS, 24/7"),
        ({"spread": "wide"}, "spread is 'wide'; it is one finite number"),
        ({"spread": float("nan")}, "spread is nan"),
        ({"volume_limit": True}, "volume_limit is True"),
        ({"splits": "1:0.5:3"}, "splits has '1:0.5:3'; an entry has 2 parts"),
        ({"splits": "9:0.5"}, "there is no bar '9'; the bars are 0 to 1"),
        ({"splits": "-1:0.5"}, "there is no bar '-1'"),
        ({"splits": "1:0"}, "splits has '0'; it is a number above zero"),
        ({"splits": "1:two"}, "splits has 'two'"),
        ({"splits": [3.0]}, "splits has"),
        ({"splits": "1:2 0:3"}, "splits of a symbol must rise in time"),
        ({"dividends": "1:1"}, "dividends has '1:1'; an entry has 3 parts"),
        ({"dividends": "1:often:2"}, "there is no bar 'often'"),
    ],
)
def test_an_odd_option_is_named(options, text):
    with pytest.raises(BadOption) as error:
        run(request_of([10, 10], [buy(0, 5)], **options))
    assert text in str(error.value)


def test_what_is_default_is_an_option():
    assert set(DEFAULTS) <= set(OPTIONS)


def test_signals_are_unsupported():
    request = request_of([10, 10], [])
    with pytest.raises(Unsupported, match="signals are for vectorbt"):
        run(type(request)(request.market, request.symbols, 100.0, 0.0, 0.0, 0.0))


def test_an_empty_tape_leaves_the_account_alone():
    ledger = run(request_of([10, 11, 12], []))
    assert len(ledger.orders) == len(ledger.fills) == 0
    assert ledger.equity[:, 0].tolist() == [1000.0] * 3
