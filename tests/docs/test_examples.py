"""What the documents show runs as it is written, on what is in the repository."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/backtest.md")
MARKED = re.compile(r"<!-- example -->\n```(python|console)\n(.*?)```", re.DOTALL)
COMMAND = ".venv/bin/truefill"


def blocks():
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for at, (kind, code) in enumerate(MARKED.findall(text), 1):
            yield pytest.param(kind, code, id=f"{page}-{at}")


def commands(code):
    """The commands of a console block; a line that ends with a backslash goes on."""
    lines = code.replace("\\\n", " ").splitlines()
    return [shlex.split(line[2:], comments=True) for line in lines if line.startswith("$ ")]


@pytest.fixture
def clone(tmp_path):
    """A folder that looks like a fresh clone, where nothing is written into the repository."""
    for name in ("reference_data", "examples", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


@pytest.mark.parametrize(("kind", "code"), list(blocks()))
def test_it_runs(clone, kind, code):
    if kind == "python":
        words = [[sys.executable, "-c", code]]
    else:
        words = [
            [sys.executable, "-m", "parity", *rest]
            for first, *rest in commands(code)
            if first == COMMAND
        ]
        assert words
    for each in words:
        told = subprocess.run(each, cwd=clone, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
        assert told.stdout or "write" in code


def test_the_example_file_and_its_configuration(clone):
    command = [sys.executable, "-m", "parity", "backtest", "--config", "examples/breakout.toml"]
    told = subprocess.run(
        [*command, "--out", "out/breakout"], cwd=clone, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    page = (clone / "out/breakout/tear_sheet.html").read_text(encoding="utf-8")
    assert "<h1>breakout on 5 symbols</h1>" in page
    # docs/backtest.md shows the picture of this very command
    shown = (ROOT / "docs/breakout-equity.svg").read_text(encoding="utf-8")
    label = re.search('aria-label="[^"]+"', shown)[0]
    assert label in (clone / "out/breakout/equity.svg").read_text(encoding="utf-8")


def test_the_example_does_not_look_ahead():
    from engine.dataset import open_dataset
    from engine.lookahead import check_lookahead
    from engine.strategies import build_strategy

    strategy = build_strategy(str(ROOT / "examples/breakout.py"))
    data = open_dataset(ROOT / "reference_data/bars/equity_1d_sp500", symbols=("AAPL", "XOM"))
    check_lookahead(strategy, data.bars)
