"""pytest options and the fixture of the parity suite.

A test that takes ``parity_case`` runs once per scenario and platform that the scenario asks, with
ids ``scenario-platform``; ``--platform`` keeps one platform, ``-k`` also matches topics and
features. Every pytest of the environment loads this file, so it imports nothing but pytest; the
rest, with polars and numba, is imported only where a test takes the fixture.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from parity.platforms import Platform
    from parity.verdict import Verdict
    from scenarios import Scenario

OPTION = "truefill_platform"
FIXTURE = "parity_case"


class Divergent(pytest.fail.Exception):  # type: ignore[name-defined,misc] # set at run time
    """The replay differs from the platform; pytest prints the headline and no traceback."""

    def __init__(self, verdict: Verdict) -> None:
        told = f"{verdict.status}: {verdict.headline}\nSee it with: {verdict.command}"
        super().__init__(told, pytrace=False)
        self.verdict = verdict


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario on one platform."""

    scenario: Scenario
    platform: Platform

    @property
    def id(self) -> str:
        """The name pytest shows and ``-k`` matches."""
        return f"{self.scenario.name}-{self.platform.name}+{self.platform.idiom}"

    def check(self) -> Verdict:
        """Replay the scenario and compare it with the stored reference."""
        from parity.check import check
        from parity.suite import REFERENCES

        return check(self.scenario, self.platform, REFERENCES)

    def require_agreement(self) -> Verdict:
        """Pass on agreement, skip what the platform cannot express, fail on everything else."""
        verdict = self.check()
        if verdict.status == "unsupported":
            pytest.skip(f"unsupported: {verdict.reason}")
        if verdict.status == "known":
            pytest.xfail(f"known divergence {verdict.known}: {verdict.reason}")
        if verdict.status != "agrees":
            raise Divergent(verdict)
        return verdict


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option under the name that nobody else has."""
    _add(parser, "--truefill-platform")


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Iterator[None]:
    """Add the short name once the project's conftest has had the chance to take it."""
    yield
    with contextlib.suppress(ValueError, argparse.ArgumentError):
        _add(parser, "--platform")


def _add(parser: pytest.Parser, name: str) -> None:
    group = parser.getgroup("truefill", "parity with recorded platforms")
    told = "check this platform only, for example vectorbt or vectorbt+rust"
    group.addoption(name, dest=OPTION, metavar="NAME", help=told)


def pytest_configure(config: pytest.Config) -> None:
    """An unknown platform stops pytest before it collects; it must not pass as green."""
    name = config.getoption(OPTION, None)
    if name is None:
        return
    from engine.errors import OptionError
    from parity.platforms import find_platforms

    try:
        find_platforms(name)
    except OptionError as error:
        raise pytest.UsageError(f"--platform: {error}") from error


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per scenario and platform."""
    if FIXTURE not in metafunc.fixturenames:
        return
    from parity.check import asked
    from parity.platforms import find_platforms
    from scenarios.load import load_library

    platforms = find_platforms(metafunc.config.getoption(OPTION, None))
    cases = [Case(*pair) for pair in asked(load_library(), platforms)]
    if not cases:
        # pytest itself would skip the test, and a suite of nothing would look green.
        raise pytest.UsageError("no scenario is played on this platform, so nothing is proven")
    metafunc.parametrize(FIXTURE, cases, ids=[case.id for case in cases])


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let ``-k`` match the scenario's topic and features as well as its name."""
    spec = getattr(item, "callspec", None)
    case = spec.params.get(FIXTURE) if spec else None
    if isinstance(case, Case):
        item.extra_keyword_matches.update((case.scenario.topic, *case.scenario.features))
