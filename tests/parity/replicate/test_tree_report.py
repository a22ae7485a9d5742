"""What people see of a tree: the command, its page and its picture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from trees import STORED, copy_stored, write_story, write_trades

from parity.cli import main
from parity.replicate.report.picture import CLASSES, classes
from parity.replicate.report.words import percent


def test_the_command_without_run_prints_a_table_and_writes_page_and_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    tree, out = copy_stored(tmp_path / "tree", "ETH_short/batch_001"), tmp_path / "out"
    assert main(["replicate", str(tree), "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "ETH_short" in told
    assert "40 of 40 strategies replicate exactly; everything stored agrees" in told
    assert (out / "replicate.png").read_bytes().startswith(b"\x89PNG")
    page = (out / "replicate.md").read_text(encoding="utf-8")
    assert "| all | 1 | 40 | 100 % | 100 % | 100 % | 100 % | 100 % | 100 % |" in page
    assert "![shares by batch, and how far PnL is apart](replicate.png)" in page


def test_report_makes_the_same_files_again(tmp_path: Path) -> None:
    tree, out = write_story(tmp_path / "tree"), tmp_path / "out"
    write_trades(tree / "X_long" / "batch_001", pnl=-10.3)
    assert main(["replicate", "run", str(tree), "--out", str(out), "--explain", "0"]) == 1
    names = ("report.json", "replicate.md", "replicate.png")
    before = {name: (out / name).read_bytes() for name in names}
    for name in names[1:]:
        (out / name).unlink()
    assert main(["replicate", "report", str(out)]) == 1
    assert {name: (out / name).read_bytes() for name in names} == before


def test_the_page_names_batches_that_failed_and_those_that_differ(tmp_path: Path) -> None:
    tree, out = write_story(tmp_path / "tree"), tmp_path / "out"
    write_trades(tree / "X_long" / "batch_001", exit_price=9.5)
    broken = tree / "X_long" / "batch_002"
    broken.mkdir()
    for name in ("signals.parquet", "trades.parquet", "params.csv"):
        (broken / name).write_bytes(b"none")
    words = ["replicate", str(tree), "--out", str(out), "--explain", "0"]
    assert main(words) == 2
    page = (out / "replicate.md").read_text(encoding="utf-8")
    assert "| X_long/batch_002 | FileCorrupt: " in page
    assert "| X_long/batch_001 | 1 | 0.00 % | 100 % | 100 % | 100 % | 0.00 % | 0.00 % |" in page
    assert "- metrics.parquet is missing in 1 batch." in page


def test_json_and_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = write_story(tmp_path / "tree")
    assert main(["replicate", str(tree), "--out", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["criteria"]["exact"] == 1
    assert main(["replicate", str(tmp_path / "nowhere")]) == 2
    assert "no such folder" in capsys.readouterr().err
    assert main(["replicate", "report", str(tmp_path / "nowhere")]) == 2
    assert "make it with" in capsys.readouterr().err


def test_record_refuses_before_it_builds_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replicate", "record", str(tmp_path), "--directions", "ABC_long"]) == 2
    assert "with one of the assets BTC, ETH" in capsys.readouterr().err
    assert main(["replicate", "record", str(STORED)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_a_share_is_all_only_if_it_is() -> None:
    assert [percent(share) for share in (1.0, 0.99999, 0.5, 0.0, None)] == [
        "100 %", "99.99 %", "50.00 %", "0.00 %", "-",
    ]  # fmt: skip


def test_classes_of_differences() -> None:
    gaps = np.array([0.0, 1e-13, 0.02, 0.03, 5.0, np.nan, np.inf])
    counts = dict(zip(CLASSES, classes(gaps), strict=True))
    assert {name: count for name, count in counts.items() if count} == {
        "0": 1, "≤ 1e-12": 1, "≤ 0.02": 1, "≤ 0.1": 1, "more": 3,
    }  # fmt: skip
