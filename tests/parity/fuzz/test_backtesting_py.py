"""Random tapes for backtesting.py: in every corner of its rules, and most of them trade."""

from collections import Counter
from itertools import combinations, islice

from parity.fuzz.backtesting_py import KINDS, RARE
from parity.fuzz.generate import generate, planned
from parity.outcome import Recorded, Refused, Unsupported
from parity.platforms import find_platforms
from parity.replay import replay
from scenarios import load_bundle, save_bundle

PLATFORM = find_platforms("backtesting_py")[0]


def test_two_thousand_cases_meet_every_pair_of_levels():
    met = set()
    for _, plan in islice(planned("backtesting_py", 1), 2000):
        met.update(combinations(plan.items(), 2))
    levels = [(factor, level) for factor, own in KINDS["orders"].items() for level in own]
    assert {(a, b) for a, b in combinations(levels, 2) if a[0] != b[0]} - met == set()


def test_orders_come_to_every_end_they_can():
    ends, parts = Counter(), 0
    for scenario in generate("backtesting_py", 5, 250):
        outcome = replay(scenario, PLATFORM)
        if isinstance(outcome, Recorded):
            ends.update(outcome.tables["orders"].select("status", "reason").rows())
            parts += outcome.tables["fills"]["order_id"].is_duplicated().sum()
    assert {reason for _, reason in ends} == {
        "", "wrong_side", "no_whole_unit", "insufficient_margin", "trade_closed",
        "exclusive_orders", "ruin",
    }  # fmt: skip
    assert {status for status, _ in ends} == {"filled", "rejected", "cancelled", "open"}
    assert ends["filled", "insufficient_margin"] and parts > 50


def test_most_cases_trade_and_few_are_refused():
    outcomes = [replay(scenario, PLATFORM) for scenario in generate("backtesting_py", 2, 200)]
    kinds = Counter(type(outcome) for outcome in outcomes)
    trading = [o for o in outcomes if isinstance(o, Recorded) and o.tables["fills"].height]
    assert kinds.keys() <= {Recorded, Refused, Unsupported}
    assert len(trading) >= 120
    assert min(kinds[Refused], kinds[Unsupported]) >= 3
    assert kinds[Refused] + kinds[Unsupported] <= 50


def test_what_it_cannot_say_and_what_it_refuses_both_occur():
    reasons = Counter()
    for scenario in generate("backtesting_py", 9, 600):
        outcome = replay(scenario, PLATFORM)
        if isinstance(outcome, Refused | Unsupported):
            reasons[outcome.reason] += 1
    # each foreign order, each refused setting, a missing price and a second symbol
    assert len(reasons) >= len(RARE["foreign"]) - 1 + 4


def test_cases_survive_the_way_through_a_bundle(tmp_path):
    for scenario in generate("backtesting_py", 8, 5):
        again = load_bundle(save_bundle(scenario, tmp_path / scenario.name))
        assert again.script.frame.equals(scenario.script.frame)
        assert again.options == scenario.options
