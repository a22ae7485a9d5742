"""One scenario on one platform, from its reference to its verdict; whatever breaks is a verdict."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from fakes import (
    FAKE,
    FILLS,
    agrees,
    book,
    crashes,
    drops_last_trade,
    missing,
    one_tick_off,
    story,
)

import parity.replay
from engine.errors import (
    OptionError,
    PeerFailed,
    PeerMissing,
    PlatformRefusal,
    ReferenceStale,
    ReferenceTampered,
)
from engine.simulate import UnsupportedScript
from parity.check import asked, check, check_all
from parity.gate import gate
from parity.known import Known, KnownDivergences
from parity.outcome import Failed, Outcome, Recorded, Refused, Unsupported
from parity.platforms import Platform
from parity.replay import replay
from parity.verdict import Status, Verdict
from scenarios.scenario import Scenario

ROOT = Path("nowhere")
NONE = KnownDivergences()


def verdict_of(play: object, load: object = agrees, known: KnownDivergences = NONE) -> Verdict:
    return check(story(), FAKE, ROOT, known=known, load=load, play=play)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "play, status, code",
    [
        (agrees, Status.AGREES, 0),
        (one_tick_off, Status.DIVERGES, 1),
        (drops_last_trade, Status.DIVERGES, 1),
        (crashes, Status.FAILED, 3),
    ],
)
def test_each_miniature_platform_gets_the_verdict_it_deserves(
    play: object, status: Status, code: int
):
    verdict = verdict_of(play)
    assert verdict.status is status
    assert gate([verdict]).code == code


def test_what_was_never_recorded_is_missing_and_not_green():
    verdict = verdict_of(agrees, load=missing)
    assert verdict.status is Status.REFERENCE_MISSING
    assert gate([verdict]).code == 3


@pytest.mark.parametrize(
    "error, status, code",
    [
        (ReferenceTampered("fills.parquet was changed"), Status.BAD_INPUT, 2),
        (ReferenceStale("the scenario's bars changed"), Status.BAD_INPUT, 2),
        (OptionError("unknown option 'fee'"), Status.BAD_INPUT, 2),
        (PeerMissing("no environment"), Status.PEER_MISSING, 3),
        (PeerFailed("exit code 139"), Status.FAILED, 3),
    ],
)
@pytest.mark.parametrize("side", ["load", "play"])
def test_an_error_on_either_side_is_a_verdict_that_names_it(
    error: Exception, status: Status, code: int, side: str
):
    def breaks(*_: object) -> Outcome:
        raise error

    verdict = verdict_of(**({"load": agrees, "play": agrees} | {side: breaks}))
    assert (verdict.status, verdict.reason) == (status, str(error))
    assert gate([verdict]).code == code


def test_a_replay_that_loses_money_fails_even_if_the_platform_loses_the_same():
    def leaks(*_: object) -> Outcome:
        tables = book()
        cheaper = tables["equity"].with_columns(pl.col("cash", "equity") - 1)
        return Recorded({**tables, "equity": cheaper})

    verdict = verdict_of(leaks, load=leaks)
    assert verdict.status is Status.FAILED
    assert "cash_conserved: bar 0" in verdict.headline
    assert gate([verdict]).code == 1


def test_a_malformed_replay_is_named():
    def malformed(*_: object) -> Outcome:
        return Recorded({**book(), "fills": book()["fills"].drop("price")})

    verdict = verdict_of(malformed)
    assert verdict.status is Status.BAD_INPUT
    assert "replay table fills lacks ['price']" in verdict.reason


def test_a_replay_without_tables_diverges():
    verdict = verdict_of(lambda *_: Recorded({}))
    assert verdict.status is Status.DIVERGES
    assert verdict.first is not None and "absent in the replay" in verdict.headline


def test_bars_are_counted_on_the_scenario_s_own_clock():
    assert verdict_of(one_tick_off).divergences[0].bar == 3


def test_a_known_divergence_is_green_and_stale_once_it_is_gone():
    mark = verdict_of(one_tick_off).fingerprint
    entry = Known("tick", "six_bars", "fake", "*", "a.py:f", "Why", "https://x", mark)
    known = KnownDivergences((entry,), 1)
    found = [verdict_of(play, known=known) for play in (one_tick_off, agrees, drops_last_trade)]
    assert [v.status for v in found] == [Status.KNOWN, Status.STALE_KNOWN, Status.DIVERGES]
    assert [gate([v]).code for v in found] == [0, 1, 1]


def test_scenarios_are_checked_on_the_platforms_and_idioms_they_name():
    other = Platform("fake", "1.2.0", "rust", "house")
    both = story("both", platforms={"fake": ("rust", "plain")})
    none = story("none", platforms={})
    found = [(s.name, p.idiom) for s, p in asked([story(), both, none], [FAKE, other])]
    assert found == [("six_bars", "plain"), ("both", "plain"), ("both", "rust")]


def test_checking_many_goes_on_after_a_failure_and_tells_how_far_it_is():
    def load(_root: Path, scenario: Scenario, _platform: Platform) -> Outcome:
        if scenario.name == "second":
            raise ReferenceTampered("fills.parquet was changed")
        return agrees()

    heard: list[tuple[str, int, int]] = []
    verdicts = check_all(
        [story("first"), story("second"), story("third")],
        [FAKE],
        ROOT,
        known=NONE,
        progress=lambda verdict, done, total: heard.append((verdict.scenario, done, total)),
        load=load,
        play=agrees,
    )
    assert [v.status for v in verdicts] == [Status.AGREES, Status.BAD_INPUT, Status.AGREES]
    assert heard == [("first", 1, 3), ("second", 2, 3), ("third", 3, 3)]


def test_nothing_asked_gives_no_verdict_and_a_closed_gate():
    assert gate(check_all([], [FAKE], ROOT, known=NONE)).code == 2


class Played:
    """A result with the story's tables."""

    def tables(self) -> dict[str, pl.DataFrame]:
        return book(FILLS)


def test_the_engine_gets_the_scenario_and_both_kinds_of_options(monkeypatch: pytest.MonkeyPatch):
    heard = {}

    def simulate(bars: pl.DataFrame, script: object, model: str, **told: object) -> Played:
        heard.update(told, bars=bars, script=script, model=model)
        return Played()

    monkeypatch.setattr(parity.replay, "simulate", simulate)
    idiom = Platform("fake", "1.2.0", "rust", "house", {"engine": "rust"})
    scenario = story(options={"fake": {"engine": "numba", "fees": 0.1}, "other": {"fees": 9.0}})
    outcome = replay(scenario, idiom)
    assert isinstance(outcome, Recorded) and outcome.tables["fills"].height == 3
    assert heard["bars"] is scenario.bars and heard["script"] is scenario.script
    assert (heard["model"], heard["account"], heard["symbols"]) == (
        "house",
        scenario.account,
        ("A",),
    )
    assert heard["options"] == {"engine": "rust", "fees": 0.1}


@pytest.mark.parametrize(
    "error, outcome",
    [
        (UnsupportedScript("no limit orders"), Unsupported("no limit orders")),
        (PlatformRefusal("rejected", "at bar 3"), Refused("rejected", "at bar 3")),
        (ZeroDivisionError("division by zero"), Failed("ZeroDivisionError: division by zero")),
    ],
)
def test_what_the_engine_raises_is_an_outcome(
    monkeypatch: pytest.MonkeyPatch, error: Exception, outcome: Outcome
):
    def breaks(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(parity.replay, "simulate", breaks)
    assert replay(story(), FAKE) == outcome


def test_input_that_cannot_be_used_is_raised_and_becomes_bad_input():
    unknown = replace(FAKE, model="nobody")
    verdict = check(story(), unknown, ROOT, known=NONE, load=agrees, play=replay)
    assert verdict.status is Status.BAD_INPUT
    assert "unknown model 'nobody'" in verdict.reason
    with pytest.raises(OptionError, match="unknown model"):
        replay(replace(story(), name="other"), unknown)
