"""Verdicts become one exit code; nothing is green that did not agree or say why not."""

import json

import pytest
from fakes import at

from parity.gate import CODES, code_of, gate
from parity.invariants import Violation
from parity.verdict import Status, Verdict


def verdict(status: Status, **more: object) -> Verdict:
    reason = {} if status is Status.AGREES else {"reason": "because"}
    return Verdict("six_bars", "fake@1.2.0+plain", status, **(reason | more))  # type: ignore[arg-type]


def test_every_status_has_a_code():
    assert set(CODES) == set(Status)


@pytest.mark.parametrize(
    "status, code",
    [
        (Status.AGREES, 0),
        (Status.KNOWN, 0),
        (Status.UNSUPPORTED, 0),
        (Status.DIVERGES, 1),
        (Status.STALE_KNOWN, 1),
        (Status.BAD_INPUT, 2),
        (Status.FAILED, 3),
        (Status.REFERENCE_MISSING, 3),
        (Status.PEER_MISSING, 3),
    ],
)
def test_the_code_of_one_verdict_among_good_ones(status: Status, code: int):
    found = gate([verdict(Status.AGREES), verdict(status), verdict(Status.AGREES)])
    assert found.code == code
    assert bool(found.reasons) is (code != 0)


def test_nothing_selected_is_bad_input():
    found = gate([])
    assert (found.code, found.totals) == (2, {})
    assert "nothing was selected" in found.reasons[0]


def test_the_worst_wins_bad_input_then_not_run_then_diverges():
    seen = [verdict(Status.AGREES)]
    codes = []
    for status in (Status.DIVERGES, Status.PEER_MISSING, Status.BAD_INPUT):
        seen.append(verdict(status))
        codes.append(gate(seen).code)
    assert codes == [1, 3, 2]


def test_unsupported_without_a_reason_is_not_green():
    assert code_of(verdict(Status.UNSUPPORTED, reason=" ")) == 3
    assert code_of(verdict(Status.KNOWN, reason="")) == 3


def test_a_crash_did_not_run_but_a_broken_invariant_ran_wrong():
    broken = Violation("cash_conserved", at(3), 3, "A", 5.0, 4.0, "bar 3: cash of 5")
    assert code_of(verdict(Status.FAILED)) == 3
    assert code_of(verdict(Status.FAILED, violations=(broken,))) == 1


def test_a_dangling_known_divergence_closes_the_gate():
    found = gate([verdict(Status.AGREES)], dangling=["known divergence x: no scenario 'y'"])
    assert (found.code, found.reasons) == (2, ("known divergence x: no scenario 'y'",))


def test_totals_and_reasons_are_plain_data():
    told = gate([verdict(Status.DIVERGES), verdict(Status.AGREES), verdict(Status.AGREES)])
    assert json.loads(json.dumps(told.to_dict())) == {
        "code": 1,
        "totals": {"agrees": 2, "diverges": 1},
        "reasons": ["six_bars on fake@1.2.0+plain: diverges: because"],
    }
