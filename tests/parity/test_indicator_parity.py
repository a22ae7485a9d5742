"""Our indicators equal TA-Lib's, or differ as the table says; the table is current."""

import json
import re
import shutil

import numpy as np
import polars as pl
import pytest

from engine.errors import PeerFailed, PeerMissing, ReferenceStale, ReferenceTampered
from engine.indicators import INDICATORS
from engine.store.digest import file_digest
from parity.environments import PROJECT, Environment, environment_of
from parity.indicators import answers, compare_indicators, draw_page
from parity.indicators.anchors import ANCHORS, TALIB, Anchor
from parity.indicators.answers import BARS, HOME, read_answers, read_bars, read_stories
from parity.indicators.compare import Comparison, compare_line

DIGITS = re.compile(r"\| (0|1e-\d+) (?=\|)")
SMA = Anchor("sma", {"source": "close", "length": 3}, "SMA", ("close",))
NAN = float("nan")


@pytest.fixture(scope="module")
def comparisons():
    return compare_indicators()


def test_every_indicator_agrees_as_declared(comparisons):
    assert [problem for one in comparisons for problem in one.problems] == []


def test_every_indicator_is_asked(comparisons):
    assert set(INDICATORS) - {one.anchor.indicator for one in comparisons} == {"zscore"}
    assert all(len(one.lines) == 9 * len(one.anchor.fields) for one in comparisons)


def test_the_first_bar_of_a_value_is_the_declared_one(comparisons):
    """On a case without holes; what is made of returns begins one bar later."""
    for one in comparisons:
        firsts = {line.first for line in one.lines if line.case == "falling"}
        assert firsts == {one.anchor.warmup + (one.anchor.indicator == "beta")}, one.anchor.told


def test_where_digits_differ_ours_are_nearer_to_the_truth(comparisons):
    exact = [pair for one in comparisons for pair in one.exact.values()]
    assert len(exact) == 7
    assert all(ours < theirs / 10 for ours, theirs in exact)


def test_the_page_is_current(comparisons):
    page = (PROJECT / "docs" / "indicator-parity.md").read_text()
    assert DIGITS.sub("", page) == DIGITS.sub("", draw_page(comparisons))


def test_a_value_too_many_is_no_agreement():
    line = compare_line("", "story", np.array([1.0, 2.0]), np.array([NAN, 2.0]))
    assert (line.misplaced, line.equal, line.first) == (1, False, 1)
    problem = Comparison(SMA, (line,)).problems[0]
    assert "differ on story: value by 0.00e+00, 1 bars misplaced" in problem


def test_a_difference_beyond_the_last_digits():
    late = [NAN, NAN, 1e6]
    near = compare_line("", "near", np.array([*late, 1.0]), np.array([*late, 1.0 + 5e-7]))
    far = compare_line("", "far", np.array([*late, 1.0]), np.array([*late, 1.0 + 2e-6]))
    assert (near.equal, far.equal) == (True, False)
    assert len(Comparison(SMA, (near, far)).problems) == 1


def test_a_declared_difference_that_is_gone_is_a_problem():
    anchor = Anchor("sma", SMA.args, "SMA", ("close",), apart={"story": "a reason"})
    line = compare_line("", "story", np.array([NAN, NAN, 1.0]), np.array([NAN, NAN, 1.0]))
    assert "no longer differ on story" in Comparison(anchor, (line,)).problems[0]


def test_a_value_before_the_declared_warmup_is_a_problem():
    line = compare_line("", "story", np.array([1.0]), np.array([1.0]))
    assert "begin at bar 0 of story, not at 2" in Comparison(SMA, (line,)).problems[0]


def test_answers_that_were_changed_or_are_to_other_bars(tmp_path):
    home = shutil.copytree(HOME, tmp_path / "indicators")
    bars = read_bars(home).with_columns(pl.col("close") + 1)
    bars.write_parquet(home / BARS)
    with pytest.raises(ReferenceStale, match="--record"):
        read_answers(home)
    stored = home / f"{TALIB.id}.parquet"
    pl.read_parquet(stored).fill_nan(0.0).write_parquet(stored)
    with pytest.raises(ReferenceTampered, match="not the file that was recorded"):
        read_answers(home)
    stored.unlink()
    with pytest.raises(ReferenceTampered, match="cannot be read"):
        read_answers(home)


def test_answers_say_where_they_come_from():
    told = json.loads((HOME / f"{TALIB.id}.json").read_text())
    assert told["version"] == TALIB.version
    assert told["bars"] == file_digest(HOME / BARS)
    assert told["recorder"] == file_digest(TALIB.recorder)
    asked = {column.partition("#")[0] for column in read_answers().columns}
    assert asked == {anchor.question for anchor in ANCHORS}, "every stored answer has its anchor"
    assert list(read_stories()) == read_bars()["case"].unique(maintain_order=True).to_list()


def test_a_peer_that_fails_leaves_the_old_answers(tmp_path, monkeypatch):
    home = shutil.copytree(HOME, tmp_path / "indicators")
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho no library >&2; exit 4\n")
    fake.chmod(0o755)
    made = Environment(fake, "digest", {})
    monkeypatch.setattr(answers, "environment_of", lambda *_args, **_more: made)
    with pytest.raises(PeerFailed, match="no library"):
        answers.record_answers(home)
    assert read_answers(home).equals(read_answers())


@pytest.mark.peer
@pytest.mark.slow
def test_talib_still_says_so(tmp_path):
    try:
        environment_of(TALIB, build=False)
    except PeerMissing as missing:
        pytest.skip(str(missing))
    home = shutil.copytree(HOME, tmp_path / "indicators")
    answers.record_answers(home)
    assert read_answers(home).equals(read_answers())
