"""Random cases: the same for a seed, everywhere in the option space, and most of them trade."""

from collections import Counter
from itertools import combinations, islice

import pytest

from engine.errors import OptionError
from engine.panel import build_panel
from parity.fuzz.generate import generate, planned
from parity.fuzz.vectorbt import KINDS
from parity.fuzz.vectorbt.options import DIALS
from parity.outcome import Recorded, Refused, Unsupported
from parity.platforms import find_platforms
from parity.replay import replay
from scenarios import load_bundle, save_bundle
from scenarios.bundle import dump_head
from scenarios.features import DERIVED, features_of, read_reasons

CASES = 2000


def alike(one, other):
    return (
        dump_head(one) == dump_head(other)
        and one.bars.equals(other.bars)
        and one.script.frame.equals(other.script.frame)
    )


def test_a_seed_gives_the_same_cases_again_and_from_any_start():
    whole = list(generate("vectorbt", 4, 12))
    tail = list(generate("vectorbt", 4, 5, first=7))
    assert all(map(alike, whole, generate("vectorbt", 4, 12)))
    assert all(map(alike, whole[7:], tail))


def test_another_seed_gives_other_cases():
    pairs = zip(generate("vectorbt", 4, 8), generate("vectorbt", 5, 8), strict=True)
    assert not any(one.bars.equals(other.bars) for one, other in pairs)


def test_two_thousand_cases_meet_every_pair_of_levels():
    met = {kind: set() for kind in KINDS}
    for kind, plan in islice(planned("vectorbt", 1), CASES):
        met[kind].update(combinations(plan.items(), 2))
    for kind, factors in KINDS.items():
        levels = [(factor, level) for factor in factors for level in factors[factor]]
        pairs = {(a, b) for a, b in combinations(levels, 2) if a[0] != b[0]}
        assert pairs - met[kind] == set()


def test_every_pair_of_features_occurs_unless_a_reason_says_why_not():
    counts = Counter()
    for scenario in generate("vectorbt", 3, 500):
        counts.update(combinations(features_of(scenario, [], stored=False).features, 2))
    pairs = set(combinations(sorted(DERIVED), 2))
    assert {pair for pair in pairs if not counts[pair]} - set(read_reasons()) == set()


def test_every_option_is_varied_by_run_by_symbol_and_by_bar():
    seen = {"run": set(), "symbols": set(), "bars": set()}
    for scenario in generate("vectorbt", 6, 300):
        for name, value in scenario.options["vectorbt"].items():
            seen["symbols" if isinstance(value, list) else "run"].add(name)
        columns = scenario.script.frame.columns
        seen["bars"].update(name.partition(".")[2] for name in columns if "." in name)
    dials = set(DIALS)
    assert dials - seen["run"] == set()
    assert dials - seen["symbols"] == set()
    assert dials - seen["bars"] == set()


def test_most_cases_trade_and_few_are_refused():
    platform = find_platforms("vectorbt+numba")[0]
    outcomes = [replay(scenario, platform) for scenario in generate("vectorbt", 2, 150)]
    kinds = Counter(type(outcome) for outcome in outcomes)
    trading = [o for o in outcomes if isinstance(o, Recorded) and o.tables["fills"].height]
    assert len(trading) >= 100
    assert kinds[Refused] + kinds[Unsupported] <= 15
    assert kinds.keys() <= {Recorded, Refused, Unsupported}


def test_cases_survive_the_way_through_a_bundle(tmp_path):
    for scenario in generate("vectorbt", 8, 10):
        again = load_bundle(save_bundle(scenario, tmp_path / scenario.name))
        assert alike(again, scenario)
        build_panel(again.bars, again.symbols)


def test_a_platform_without_random_cases_says_so():
    with pytest.raises(OptionError, match=r"no random cases for platform 'lean'.*vectorbt"):
        next(generate("lean", 1, 1))
