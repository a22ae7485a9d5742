"""Statistics and windows equal those of papers and libraries, or differ as the table says."""

import json
import math
import re
import shutil

import pytest

from engine.errors import PeerMissing, ReferenceStale, ReferenceTampered
from engine.store.digest import file_digest
from parity.environments import PROJECT, environment_of
from parity.statistics import compare_statistics, draw_statistics, record_statistics
from parity.statistics.answers import CASES, HOME, PEER, read_cases, read_stored
from parity.statistics.compare import Comparison, gap
from parity.statistics.published import PUBLISHED
from parity.statistics.questions import QUESTIONS, Question

DIGITS = re.compile(r"\| (0|1e-\d+) \|$", re.M)


@pytest.fixture(scope="module")
def comparisons():
    return compare_statistics()


def test_everything_agrees_as_declared(comparisons):
    assert [problem for one in comparisons for problem in one.problems] == []


@pytest.mark.parametrize("one", PUBLISHED, ids=lambda one: one.case)
def test_worked_numbers_of_the_papers(one):
    assert one.equal, one.own()


def test_every_answer_has_its_question():
    """Moments and drawn bars are inputs of ours; everything else a library said is compared."""
    asked = {question.theirs for question in QUESTIONS}
    said = {name for answers in read_stored()["answers"].values() for name in answers}
    inputs = {"purgedcv.deflated_sharpe_ratio_full.moments", "arch.StationaryBootstrap"}
    assert said == asked | inputs


def test_arch_gives_the_same_whether_studentized_or_not():
    for name, case in read_cases().items():
        if case["kind"] == "bootstrap":
            said = read_stored()["answers"][name]
            assert said["arch.SPA(studentize=True)"] == said["arch.SPA(studentize=False)"]


def test_the_page_is_current(comparisons):
    page = (PROJECT / "docs" / "overfitting-parity.md").read_text()
    assert DIGITS.sub("", page) == DIGITS.sub("", draw_statistics(comparisons))


def test_a_difference_nobody_declared_is_a_problem():
    question = Question("returns", "ours", "theirs", lambda case, said: 0.0)
    one = Comparison(question, {"story": (1.0, 1.0 + 2e-12), "other": ([1.0], [1.0 + 5e-13])})
    assert one.problems == ("ours and theirs differ on story",)


def test_a_declared_difference_that_is_gone_is_a_problem():
    question = Question("returns", "ours", "theirs", len, apart={"story": "a reason"})
    assert "no longer differ on story" in Comparison(question, {"story": (1.0, 1.0)}).problems[0]
    question = Question("returns", "ours", "theirs", len, differs="a reason")
    assert "never do" in Comparison(question, {"story": (1.0, 1.0)}).problems[0]


@pytest.mark.parametrize(
    ("own", "other", "far"),
    [
        (1, 2, math.inf),
        ([1, 2], [1, 2, 3], math.inf),
        ([[0, 4], [4, 8]], [[0, 4], [4, 9]], math.inf),
        (math.nan, math.nan, 0.0),
        (math.nan, 1.0, math.inf),
        (1.0, {"error": "ValueError"}, math.inf),
        ([], [], 0.0),
    ],
)
def test_gap(own, other, far):
    assert gap(own, other) == far


def test_answers_to_other_cases_are_stale(tmp_path):
    shutil.copytree(HOME, tmp_path / "statistics")
    cases = tmp_path / "statistics" / CASES
    cases.write_text(cases.read_text().replace("250 normal", "251 normal"))
    with pytest.raises(ReferenceStale, match="--record"):
        read_stored(tmp_path / "statistics")
    with pytest.raises(ReferenceTampered, match="purgedcv"):
        read_stored(tmp_path)


def test_answers_say_where_they_come_from():
    told = read_stored()
    assert told["version"] == PEER.version
    assert told["cases"] == file_digest(HOME / CASES)
    assert told["recorder"] == file_digest(PEER.recorder)
    pins = PEER.requirements.read_text().splitlines()
    for name in ("purgedcv", "skfolio", "arch", "scikit-learn"):
        assert f"{name}=={told['packages'][name]}" in pins


@pytest.mark.peer
@pytest.mark.slow
def test_the_libraries_still_say_so(tmp_path):
    try:
        environment_of(PEER, build=False)
    except PeerMissing as missing:
        pytest.skip(str(missing))
    shutil.copy(HOME / CASES, tmp_path)
    record_statistics(tmp_path)
    fresh = json.loads((tmp_path / f"{PEER.id}.json").read_text())["answers"]
    stored = read_stored()["answers"]
    assert fresh.keys() == stored.keys()
    for case, answers in stored.items():
        for function, value in answers.items():
            assert gap(fresh[case][function], value) <= 1e-12, (case, function)
