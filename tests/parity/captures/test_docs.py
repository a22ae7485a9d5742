"""The page of open rules names every rule, value, default and capture that there is."""

import re
from pathlib import Path

from engine.execution.vectorbt.options import Choice, Flag
from engine.execution.vectorbt_pro.options import ARGUMENTS, OPEN_RULES
from parity.captures.model import default_of
from parity.peers.vectorbt_pro.captures import CAPTURES

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "vectorbt-pro.md").read_text(encoding="utf-8")


def rows(heading):
    """The cells of a section's table by the option in the first one."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if "| `" in line[:3]]
    return {name: row[1:] for row in cells for name in re.findall(r"`(\w+)`", row[0])}


def test_every_open_rule_is_listed_with_its_values_and_its_default():
    table = rows("Rules that public sources leave open")
    assert set(table) == {*OPEN_RULES, "stop_entry_price"}
    for name, option in OPEN_RULES.items():
        values, default, evidence, _ = table[name]
        words = option.words if isinstance(option, Choice) else ()
        words = ("false", "true") if isinstance(option, Flag) else words
        assert all(word in values for word in words), name
        told = default_of(name)
        told = str(told).lower() if isinstance(told, bool) else f"{told:g}" if told == 1 else told
        assert str(told) in default, name
        assert evidence.strip(), name


def test_every_capture_that_asks_first_about_a_rule_is_named_beside_it():
    table = rows("Rules that public sources leave open")
    for name, cells in table.items():
        named = re.findall(r"`(\w+)`", cells[-1])
        assert named, name
        assert set(named) <= set(CAPTURES), name
    first = {name: capture["asks"][0] for name, capture in CAPTURES.items() if capture["asks"]}
    for capture, rule in first.items():
        if rule in OPEN_RULES:
            told = {one for cells in table.values() for one in re.findall(r"`(\w+)`", cells[-1])}
            assert capture in told or len(CAPTURES[capture]["asks"]) == 1, capture


def test_every_argument_is_listed():
    assert set(rows("Arguments")) == {*ARGUMENTS, "init_cash"}


def test_both_pages_say_that_it_is_unproven():
    assert "**The model `vectorbt_pro` is unproven against the platform.**" in PAGE
    assert "[unproven](vectorbt-pro.md)" in (DOCS / "pro-captures.md").read_text(encoding="utf-8")
