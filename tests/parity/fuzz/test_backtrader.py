"""The random cases of backtrader reach everything its user can set and say."""

from __future__ import annotations

import functools

import pytest

from engine.errors import PlatformRefusal
from engine.execution.backtrader.options import OPTIONS
from engine.schema import Kind, Unit
from engine.simulate import UnsupportedScript, simulate
from parity.fuzz.generate import generate
from scenarios import Scenario


@functools.cache
def cases() -> list[Scenario]:
    return list(generate("backtrader", seed=5, cases=120))


def test_the_same_seed_gives_the_same_cases() -> None:
    for one, other in zip(cases()[:8], generate("backtrader", seed=5, cases=8), strict=True):
        assert one.bars.equals(other.bars)
        assert one.script.frame.equals(other.script.frame)
        assert (one.account, one.options) == (other.account, other.options)


def test_every_option_kind_and_unit_is_met() -> None:
    set_ = {name for case in cases() for name in case.options["backtrader"]}
    assert set_ == set(OPTIONS) - {"idiom"}
    assert {kind for case in cases() for kind in case.script.frame["kind"]} == set(Kind)
    assert {unit for case in cases() for unit in case.script.frame["unit"]} == set(Unit)


@pytest.mark.parametrize("idiom", ["siblings", "bracket"])
def test_cases_are_sound_and_most_are_played(idiom: str) -> None:
    """Input errors would end the run; only the platform's own answers may take a ledger's place."""
    played = filled = 0
    for case in cases()[:60]:
        options = {**case.options["backtrader"], "idiom": idiom}
        try:
            result = simulate(
                case.bars, case.script, "backtrader", account=case.account,
                symbols=case.symbols, options=options,
            )  # fmt: skip
        except (PlatformRefusal, UnsupportedScript):
            continue
        played += 1
        filled += result.fills.height > 0
    assert played > 40
    assert filled > 25
