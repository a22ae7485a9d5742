"""Our metrics equal those of the libraries, or differ as the table says; the table is current."""

import json
import math
import re
import shutil

import pytest

from engine.errors import PeerMissing, ReferenceStale, ReferenceTampered
from engine.store.digest import file_digest
from parity.environments import PROJECT, environment_of
from parity.metrics import compare_metrics, draw_parity, read_stories, record_answers
from parity.metrics.anchors import ANCHORS, LIBRARIES, Anchor
from parity.metrics.answers import CASES, HOME, read_answers, read_cases
from parity.metrics.compare import Comparison, close, measure_case

DIGITS = re.compile(r"\| (0|1e-\d+) \|$", re.M)


@pytest.fixture(scope="module")
def comparisons():
    return compare_metrics()


def test_every_metric_agrees_as_declared(comparisons):
    assert [problem for one in comparisons for problem in one.problems] == []


def test_every_anchor_is_asked_of_many_cases(comparisons):
    assert all(len(one.pairs) >= 9 for one in comparisons)


def test_the_sortino_ratio_of_red_rock():
    """Printed in Rollinger and Hoffman, Sortino: A Sharper Ratio."""
    assert measure_case(read_cases()["red_rock"])["sortino"] == pytest.approx(4.417, abs=5e-4)


def test_the_page_is_current(comparisons):
    page = (PROJECT / "docs" / "metric-parity.md").read_text()
    drawn = draw_parity(comparisons, read_stories())
    assert DIGITS.sub("", page) == DIGITS.sub("", drawn)


def test_a_difference_nobody_declared_is_a_problem():
    anchor = Anchor("sharpe", "empyrical", "sharpe_ratio")
    one = Comparison(anchor, {"story": (1.0, 1.0 + 2e-12), "other": (1.0, 1.0 + 5e-13)})
    assert len(one.problems) == 1
    assert "differ on story" in one.problems[0]


def test_a_declared_difference_that_is_gone_is_a_problem():
    anchor = Anchor("sharpe", "empyrical", "sharpe_ratio", apart={"story": "a reason"})
    assert "no longer differ on story" in Comparison(anchor, {"story": (1.0, 1.0)}).problems[0]
    anchor = Anchor("skew", "quantstats", "skew", differs="a reason")
    assert "never do" in Comparison(anchor, {"story": (1.0, 1.0)}).problems[0]


@pytest.mark.parametrize(
    ("own", "other", "equal"),
    [
        (math.nan, math.nan, True),
        (math.nan, 0.0, False),
        (math.inf, math.inf, True),
        (math.inf, -math.inf, False),
        (0.0, 1e-300, False),
        (math.nan, "ValueError", False),
    ],
)
def test_close(own, other, equal):
    assert close(own, other) is equal


def test_answers_to_other_cases_are_stale(tmp_path):
    shutil.copytree(HOME, tmp_path / "metrics")
    cases = tmp_path / "metrics" / CASES
    cases.write_text(cases.read_text().replace("0.17", "0.18", 1))
    with pytest.raises(ReferenceStale, match="--record"):
        read_answers("empyrical", tmp_path / "metrics")
    with pytest.raises(ReferenceTampered, match="quantstats"):
        read_answers("quantstats", tmp_path)


@pytest.mark.parametrize("library", LIBRARIES)
def test_answers_say_where_they_come_from(library):
    told = json.loads((HOME / f"{LIBRARIES[library].id}.json").read_text())
    assert told["version"] == LIBRARIES[library].version
    assert told["cases"] == file_digest(HOME / CASES)
    asked = {anchor.function for anchor in ANCHORS if anchor.library == library}
    assert asked == set(told["answers"]["apple"]), "every stored answer has its anchor"


@pytest.mark.peer
@pytest.mark.slow
def test_the_libraries_still_say_so(tmp_path):
    try:
        for platform in LIBRARIES.values():
            environment_of(platform, build=False)
    except PeerMissing as missing:
        pytest.skip(str(missing))
    shutil.copy(HOME / CASES, tmp_path)
    record_answers(tmp_path)
    for library in LIBRARIES:
        fresh, stored = read_answers(library, tmp_path), read_answers(library)
        assert fresh.keys() == stored.keys()
        for case in stored:
            for function, value in stored[case].items():
                again = fresh[case][function]
                assert again == value or close(again, value), (case, function)
