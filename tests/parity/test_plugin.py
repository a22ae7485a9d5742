"""The pytest plugin: what a failing parity test prints, and that it stays out of everyone's way."""

import subprocess
import sys
from dataclasses import replace

import pytest

import parity.check
import parity.platforms
import scenarios.load
from parity.check import check
from parity.known import KnownDivergences
from parity.outcome import Unsupported
from tests import fakes

SUITE = """
def test_replay(parity_case):
    parity_case.require_agreement()
"""


@pytest.fixture
def suite(pytester, monkeypatch):
    """Run the suite's one body on a story and a platform that plays it so or so."""

    def run(play, *args, load=fakes.agrees, story=None):
        def fake_check(scenario, platform, root):
            known = KnownDivergences()
            return check(scenario, platform, root, known=known, load=load, play=play)

        monkeypatch.setattr(parity.check, "check", fake_check)
        monkeypatch.setattr(scenarios.load, "load_library", lambda: [story or fakes.story()])
        monkeypatch.setattr(parity.platforms, "find_platforms", lambda _name: (fakes.FAKE,))
        pytester.makepyfile(SUITE)
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *args)

    return run


def test_agreement_passes_and_is_named_after_scenario_and_platform(suite):
    result = suite(fakes.agrees, "-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines("*::test_replay[[]six_bars-fake+plain[]] PASSED*")


def test_a_failure_prints_the_first_diverging_bar_and_no_arrays(suite):
    result = suite(fakes.one_tick_off)
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "diverges: The first difference is at bar 3 (2024-01-02 14:33 UTC, A)" in text
    assert "truefill parity show six_bars --platform fake@1.2.0+plain" in text
    for noise in ("Traceback", "def test_replay", "shape: (", "require_agreement"):
        assert noise not in text


@pytest.mark.parametrize("play", [fakes.drops_last_trade, fakes.crashes, fakes.missing])
def test_whatever_is_not_agreement_fails(suite, play):
    suite(play).assert_outcomes(failed=1)


def test_a_missing_reference_fails(suite):
    suite(fakes.agrees, load=fakes.missing).assert_outcomes(failed=1)


def test_what_a_platform_cannot_express_is_skipped_with_its_reason(suite):
    def cannot(*_):
        return Unsupported("fake has no limit orders")

    result = suite(cannot, "-rs", load=cannot)
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines("*unsupported: fake has no limit orders*")


@pytest.mark.parametrize(
    ("word", "passed"), [("fakes", 1), ("tight_cash", 1), ("six_bars", 1), ("trailing", 0)]
)
def test_topics_features_and_names_are_keywords(suite, word, passed):
    story = replace(fakes.story(), features=("tight_cash",))
    result = suite(fakes.agrees, "-k", word, story=story)
    result.assert_outcomes(passed=passed, deselected=1 - passed)


def test_a_suite_of_nothing_is_not_green(suite):
    result = suite(fakes.agrees, story=fakes.story(platforms={}))
    assert result.ret != pytest.ExitCode.OK
    assert "nothing is proven" in result.stdout.str() + result.stderr.str()


def test_an_unknown_platform_stops_before_any_test(pytester):
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_inprocess("--platform", "vektorbt")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines("*unknown platform 'vektorbt'; the platforms are*")


def test_a_project_with_a_platform_option_of_its_own_keeps_it(pytester):
    pytester.makeconftest(
        "def pytest_addoption(parser): parser.addoption('--platform', dest='mine')"
    )
    pytester.makepyfile(
        "def test_mine(pytestconfig): assert pytestconfig.getoption('mine') == 'arm64'"
    )
    pytester.runpytest_inprocess("--platform", "arm64").assert_outcomes(passed=1)


def test_the_plugin_costs_other_projects_nothing():
    code = (
        "import sys, pytest; before = set(sys.modules); import parity.pytest_plugin\n"
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['parity']"
