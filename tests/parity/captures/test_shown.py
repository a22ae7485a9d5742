"""What captures say is shown, and the script that records them runs on a real platform."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fake_pro import put, record
from rich.console import Console

from engine.errors import PeerMissing
from parity.captures import import_captures, stored_captures
from parity.captures.terminal import draw_findings, exit_code, said, tell_findings
from parity.cli import main
from parity.environments import environment_of
from parity.peers.vectorbt_pro import captures as script
from parity.platforms import find_platforms

STORED = Path(__file__).parents[3] / "reference_data" / "captures"


def shown(findings, width=100):
    console = Console(width=width, record=True, highlight=False)
    with console.capture() as capture:
        for part in draw_findings(findings):
            console.print(part)
    return capture.get()


def test_a_platform_as_the_model_says(tmp_path):
    findings = import_captures(record(tmp_path / "pro"))
    page = shown(findings)
    assert exit_code(findings) == 0
    assert f"fakepro 1: {len(script.CAPTURES)} of {len(script.CAPTURES)} captures explained" in page
    assert "options: none but the defaults" in page
    assert max(map(len, shown(findings, 80).splitlines())) <= 80


def test_what_is_otherwise_is_named_with_its_option(tmp_path):
    folder = record(tmp_path / "pro", stop_first="trailing", target_first=True)
    put(folder, "tiny_size", {name: [] for name in script.FIELDS}, refusal="ValueError: no")
    findings = import_captures(folder)
    page = shown(findings, 120)
    assert 'options: stop_first = "trailing", target_first = true' in page
    assert "not the default" in page
    assert "refused" in page
    assert exit_code(findings) == 1
    told = json.loads(json.dumps(tell_findings(findings)))
    assert told["options"] == {"stop_first": "trailing", "target_first": True}
    assert told["exit_code"] == 1
    (tiny,) = (one for one in told["readings"] if one["rule"] == "min_size")
    assert (tiny["closed"], tiny["captures"]) == (False, [])


def test_a_broken_capture_turns_the_exit_code(tmp_path):
    folder = record(tmp_path / "pro")
    (folder / "tiny_size" / "orders.parquet").unlink()
    assert exit_code(import_captures(folder)) == 2


def test_values_read_as_a_batch_file_writes_them():
    assert [said(value) for value in (True, "open", 2, 1e-8)] == ["true", '"open"', "2", "1e-08"]


@pytest.mark.skipif(not STORED.is_dir(), reason="nobody has brought captures yet")
def test_stored_captures_are_explained_by_one_set_of_options():
    findings = stored_captures(STORED)
    assert not [one for one in findings.answers if one.word in ("unexplained", "contradicts")]


class TestTheScript:
    def run(self, *args):
        command = [sys.executable, script.__file__, *map(str, args)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_without_the_platform_it_says_so(self, tmp_path):
        done = self.run(tmp_path / "out", "--package", "no_such_platform")
        assert done.returncode == 1
        assert "no_such_platform cannot be imported" in done.stderr
        assert not (tmp_path / "out").exists()

    def test_a_second_run_replaces_the_first(self, tmp_path):
        record(tmp_path, ["tiny_size"], min_size=0.0)
        record(tmp_path, ["tiny_size"])
        assert [path.name for path in tmp_path.iterdir()] == ["tiny_size"]

    def test_it_needs_nothing_of_ours(self):
        text = Path(script.__file__).read_text()
        lines = [
            line.split()[1] for line in text.splitlines() if line.startswith(("import", "from"))
        ]
        assert not [
            name for name in lines if name.split(".")[0] in ("engine", "parity", "scenarios")
        ]


@pytest.mark.peer
def test_on_the_open_edition_it_leads_to_the_rules_that_edition_has(tmp_path):
    try:
        environment = environment_of(find_platforms("vectorbt+numba")[0], build=False)
    except PeerMissing as missing:
        pytest.skip(str(missing))
    command = [environment.python, script.__file__, tmp_path / "oss", "--package", "vectorbt"]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    findings = import_captures(tmp_path / "oss")
    assert findings.version == "1.2.0"
    assert findings.options == {"stop_slippage": "none"}
    refused = {one.name for one in findings.answers if one.word != "explained"}
    trailing = {name for name, one in script.CAPTURES.items() if "tsl_stop" in one["args"]}
    next_open = {name for name in script.CAPTURES if name.startswith("next_open")}
    assert refused == trailing | next_open
    readings = {one.rule: one.values for one in findings.readings}
    assert readings["entry_price"] == ("close",)
    # What only a trailing stop can show, and what no bar can, stays open.
    unknown = {"stop_first", "trail_check", "close_look_fill", "trail_start", "entry_bar_stops"}
    assert {rule for rule, values in readings.items() if len(values) > 1} == unknown


# --- the command ---------------------------------------------------------------------------------


def test_the_command_imports_and_stores(tmp_path, capsys):
    folder, store = record(tmp_path / "pro", gap_fill="level"), tmp_path / "store"
    assert main(["replicate", "import-captures", str(folder), "--store", str(store)]) == 0
    assert 'options: gap_fill = "level"' in capsys.readouterr().out
    assert main(["replicate", "import-captures", str(store), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["options"] == {"gap_fill": "level"}


def test_a_folder_that_cannot_be_used_is_exit_code_2(tmp_path, capsys):
    assert main(["replicate", "import-captures", str(tmp_path)]) == 2
    assert "holds no captures" in capsys.readouterr().err
