"""docs/add-a-platform.md followed word for word, for the toy it tells of; then one rule is broken.

The files, lines and commands are taken from the page. Only two things are not done as it says: the
toy is not on a package index, so its environment is this Python with the toy beside it; and the
files lie in a folder of the test's own.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from engine import execution
from parity import environments, platforms
from parity.cli import main
from parity.environments import MARKER, environment_digest
from parity.peers import wire
from parity.platforms import Platform

PAGE = Path(__file__).parents[2] / "docs" / "add-a-platform.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCK = re.compile(r"<!-- (file|line): (\S+) -->\n```\w+\n(.*?)```\n", re.DOTALL)
OWN = ".".join(map(str, sys.version_info[:2]))


def blocks(kind):
    return {name: text for found, name, text in BLOCK.findall(TEXT) if found == kind}


def load(path):
    """The model as an import would give it."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def environment(folder, tree):
    """What installing the pins would leave: an interpreter that has the toy, and its marker."""
    (toy,) = (peer for peer in platforms.PLATFORMS if peer.name == "toy")
    digest = environment_digest(toy, OWN)
    python = folder / f"toy-{digest[:12]}" / "bin" / "python"
    python.parent.mkdir(parents=True)
    packages = tree / "site-packages"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{packages}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    about = environments.check_import(toy, python.parents[1])
    python.parents[1].joinpath(MARKER).write_text(json.dumps({"digest": digest, "about": about}))


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """The repository as the page leaves it, as far as a toy needs one."""
    for name, text in blocks("file").items():
        path = tmp_path / "repository" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    tree = tmp_path / "repository"
    shutil.copy(wire.__file__, tree / "parity" / "peers")
    library = tree / "scenarios" / "library"
    for module in ("parity.select", "scenarios.load"):
        monkeypatch.setattr(f"{module}.LIBRARY", library)
        monkeypatch.setattr(f"{module}.FOUND", tree / "scenarios" / "found")
    lines, names = blocks("line"), {"vectorbt": execution.vectorbt, "Platform": Platform}
    names["toy"] = load(tree / "engine" / "execution" / "toy.py")
    exec(lines["MODELS"] + lines["PLATFORMS"], names)
    monkeypatch.setitem(execution.MODELS, "toy", names["MODELS"]["toy"])
    monkeypatch.setattr(platforms, "PLATFORMS", names["PLATFORMS"])
    monkeypatch.setattr(platforms, "PEERS", tree / "parity" / "peers")
    monkeypatch.setattr("parity.environments.interpreter_for", lambda _peer: OWN_PYTHON)
    monkeypatch.setattr("parity.record.WORK", tmp_path / "work")
    monkeypatch.setenv("TRUEFILL_PEERS", str(tmp_path / "peers"))
    environment(tmp_path / "peers", tree)
    return tree


OWN_PYTHON = environments.Interpreter(sys.executable, ".".join(map(str, sys.version_info[:3])))


def follow(command, tree):
    """Run a command of the page; references go into the tree."""
    return main([*command.split(), "--references", str(tree / "reference_data")])


def commands():
    return re.findall(r"^\$ truefill (.*)$", TEXT, re.MULTILINE)


def test_the_page_followed_word_for_word_ends_in_agreement(tree, capsys):
    assert commands() == ["parity record --platform toy", "parity run --platform toy"]
    for command in commands():
        assert follow(command, tree) == 0
    assert "1 scenario, 1 verdict: 1 agrees" in capsys.readouterr().out
    stored = tree / "reference_data" / "cash_runs_out" / "toy@1.0+plain"
    assert json.loads((stored / "manifest.json").read_text())["counts"] == {"orders": 4, "fills": 2}


def test_what_the_toy_did_can_be_checked_by_hand(tree, capsys):
    # 2 at 11 cost 22.22 with the fee, 7 at 12 would cost 84.84 of 77.78; 2 sold at 13 bring 25.74.
    assert main(["compare", "cash_runs_out", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (toy,) = told["platforms"]
    assert (toy["orders"], toy["fills"]) == (4, 2)
    assert toy["end"] == pytest.approx(100 - 22.22 + 25.74)


@pytest.mark.parametrize(
    ("rule", "other", "headline"),
    [
        ("market.open[bar, 0]", "market.close[bar, 0]", "price of an order (row 0) is 11.0"),
        ('tape["bar"] == bar - 1', 'tape["bar"] == bar', "timestamp of an order"),
        ("value + fee > cash", "value > cash + 1000", "price of an order (row 1) is nan"),
        ("abs(value) * request.commission", "0.0", "commission of a fill (row 0) is 0.22"),
        ("position * market.close", "position * market.open", "equity of a bar"),
    ],
)
def test_a_rule_that_is_edited_turns_the_verdict_red(
    tree, monkeypatch, capsys, rule, other, headline
):
    record, run = commands()
    assert follow(record, tree) == 0
    path = tree / "engine" / "execution" / "toy.py"
    assert path.read_text().count(rule) == 1
    path.write_text(path.read_text().replace(rule, other))
    monkeypatch.setitem(execution.MODELS, "toy", load(path))
    capsys.readouterr()
    assert follow(f"{run} --json", tree) == 1
    (scenario,) = json.loads(capsys.readouterr().out)["scenarios"]
    (verdict,) = scenario["verdicts"].values()
    assert headline in verdict["headline"]


def test_recorder_and_model_cannot_express_the_same(tree, capsys):
    path = tree / "scenarios" / "library" / "toys" / "cash_runs_out.toml"
    path.write_text(path.read_text().replace("quantity = -2", "quantity = -0.5, unit = 'percent'"))
    for command in commands():
        assert follow(command, tree) == 0
    assert "1 unsupported" in capsys.readouterr().out
