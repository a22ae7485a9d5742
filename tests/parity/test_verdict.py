"""Anything unknown, absent or broken is red, and every verdict says why."""

import json

import pytest
from fakes import agrees, at, book, crashes, drops_last_trade, missing, one_tick_off

from parity.divergence import Layer, Severity
from parity.invariants import Violation
from parity.outcome import Failed, Missing, Outcome, Recorded, Refused, Unsupported
from parity.verdict import LISTED, Status, Verdict, judge

PLAYED = agrees()


def weigh(reference: Outcome, replay: Outcome, **options: object) -> Verdict:
    return judge(reference, replay, scenario="six_bars", platform="fake@1.2.0+plain", **options)  # type: ignore[arg-type]


def test_agreement_has_counts_and_nothing_to_tell():
    verdict = weigh(PLAYED, agrees())
    assert verdict.status is Status.AGREES
    assert verdict.counts == {"orders": 4, "fills": 3, "trades": 2}
    assert (verdict.reason, verdict.headline) == ("", "")
    assert (verdict.money, verdict.differing, verdict.severity) == (0.0, {}, Severity.PERFECT)


def test_one_tick_is_told_with_its_bar_its_money_and_a_command():
    """2 sold at 11.01 instead of 11 bring 0.02, of which 1 % goes in commission."""
    verdict = weigh(PLAYED, one_tick_off())
    assert verdict.status is Status.DIVERGES
    assert (verdict.first.layer, verdict.first.timestamp) == (Layer.ORDER, at(3))
    assert verdict.money == pytest.approx(0.0198)
    assert verdict.headline.endswith("At the last bar the replay holds 0.0198 more.")
    assert verdict.command == "truefill parity show six_bars --platform fake@1.2.0+plain"
    assert verdict.differing == {
        "orders": 4, "fills": 2, "trades": 4, "entry_trades": 4, "positions": 4, "equity": 6,
    }  # fmt: skip
    assert verdict.reason == "24 values differ, the first in layer order"


def test_a_dropped_trade_is_critical():
    verdict = weigh(PLAYED, drops_last_trade())
    assert (verdict.status, verdict.severity) == (Status.DIVERGES, Severity.CRITICAL)
    assert "the replay lacks an order" in verdict.headline


@pytest.mark.parametrize(
    "reference, replay, status",
    [
        (missing(), PLAYED, Status.REFERENCE_MISSING),
        (Missing("peer", "no environment"), PLAYED, Status.PEER_MISSING),
        (PLAYED, crashes(), Status.FAILED),
        (crashes(), PLAYED, Status.FAILED),
        (crashes(), crashes(), Status.FAILED),
        (missing(), crashes(), Status.REFERENCE_MISSING),
        (Unsupported("no limit orders"), Unsupported("none"), Status.UNSUPPORTED),
        (Unsupported(" "), Unsupported("none"), Status.FAILED),
        (Unsupported("no limit orders"), PLAYED, Status.DIVERGES),
        (PLAYED, Unsupported("no limit orders"), Status.DIVERGES),
        (Refused("price_not_positive", "a"), Refused("price_not_positive", "b"), Status.AGREES),
        (Refused("price_not_positive", "a"), Refused("size_negative", "a"), Status.DIVERGES),
        (Refused("price_not_positive", "a"), PLAYED, Status.DIVERGES),
        (Recorded({}), Recorded({}), Status.DIVERGES),
        (Recorded({}), PLAYED, Status.DIVERGES),
    ],
)
def test_every_pair_of_outcomes_has_its_verdict(
    reference: Outcome, replay: Outcome, status: Status
):
    verdict = weigh(reference, replay)
    assert verdict.status is status
    assert bool(verdict.reason) is (status is not Status.AGREES)
    red = status not in (Status.AGREES, Status.UNSUPPORTED)
    assert (verdict.severity is Severity.CRITICAL) is red


def test_a_failure_says_whose_it_is():
    assert weigh(PLAYED, Failed("IndexError: 3")).reason == "the replay failed: IndexError: 3"
    assert weigh(Failed("exit code 139"), PLAYED).reason == "the platform failed: exit code 139"


def test_a_broken_invariant_fails_even_what_agrees():
    broken = Violation("cash_conserved", at(3), 3, "A", 5.0, 4.0, "bar 3: cash of 5, fills leave 4")
    verdict = weigh(PLAYED, PLAYED, violations=(broken,))
    assert verdict.status is Status.FAILED
    assert "cash_conserved: bar 3: cash of 5" in verdict.headline
    both = weigh(PLAYED, one_tick_off(), violations=(broken,))
    assert both.status is Status.FAILED
    assert "cash_conserved" in both.headline and "at 2024-01-02 14:33 UTC, A:" in both.headline


def test_long_lists_are_cut_but_counted_and_fingerprinted():
    verdict = weigh(PLAYED, one_tick_off())
    assert len(verdict.divergences) == LISTED < sum(verdict.differing.values())
    tables = book()
    last = tables["equity"].with_columns(equity=tables["equity"]["equity"] * 2)
    others = [weigh(PLAYED, Recorded({**tables, "equity": last[:n]})) for n in (5, 6)]
    assert others[0].fingerprint != others[1].fingerprint


def test_the_same_verdict_gives_the_same_json():
    texts = {json.dumps(weigh(PLAYED, one_tick_off()).to_dict()) for _ in range(3)}
    (text,) = texts
    told = json.loads(text)
    assert told["status"] == "diverges"
    assert told["divergences"][0] == {
        "layer": "order",
        "table": "orders",
        "row": 1,
        "bar": None,
        "timestamp": "2024-01-02T14:33:00+00:00",
        "symbol": "A",
        "field": "price",
        "class": "price",
        "severity": "major",
        "reference": 11.0,
        "replay": 11.01,
        "difference": 11.01 - 11.0,
        "ulps": 5629499534213,
        "money": None,
    }
