"""Rules that a platform breaks are told in its model's docstring, each with a story."""

import re
from collections.abc import Iterable
from dataclasses import replace

import pytest

from engine.execution import MODELS
from parity.allowance import allowance_for
from parity.check import asked
from parity.invariants import find_violations
from parity.outcome import Recorded
from parity.platforms import PLATFORMS, Platform
from parity.replay import replay
from scenarios import Scenario
from scenarios.load import load_library

LONG = 400
PAIRS = [(s, p) for s, p in asked(load_library(), PLATFORMS) if s.bars.height <= LONG]


def broken(pairs: Iterable[tuple[Scenario, Platform]]) -> set[str]:
    """Rules set aside for some story that its ledger does break."""
    found: set[str] = set()
    for story, platform in pairs:
        allowance = allowance_for(story, platform, story.symbols)
        # a story that can show nothing new need not be played
        if not set(allowance.set_aside) <= found:
            found |= violated(story, platform)
    return found


def violated(story: Scenario, platform: Platform) -> set[str]:
    outcome = replay(story, platform)
    if not isinstance(outcome, Recorded):
        return set()
    tables = dict(outcome.tables)
    accounts = tables["equity"]["account"].unique(maintain_order=True)
    allowance = replace(allowance_for(story, platform, accounts), set_aside={})
    return {violation.rule for violation in find_violations(tables, story.bars, allowance)}


@pytest.mark.parametrize("model", sorted({platform.model for platform in PLATFORMS}))
def test_docstrings_name_a_story_for_each_rule_that_is_broken(model: str) -> None:
    words = set(re.findall(r"\w+", MODELS[model].__doc__ or ""))
    own = [(story, platform) for story, platform in PAIRS if platform.model == model]
    assert broken((s, p) for s, p in own if s.name in words) == broken(own)
