"""The command line: exit codes, messages, JSON, and what is written to disk."""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from engine.errors import PeerMissing, PlatformRefusal
from engine.schema import TABLES
from parity import check, suite
from parity.cli import main, play
from parity.cli.app import build
from parity.known import KnownDivergences
from parity.outcome import Unsupported
from parity.record import Happened
from scenarios import save_bundle
from tests import fakes


def cannot(*_):
    return Unsupported("fake has no limit orders")


@pytest.fixture
def library(monkeypatch):
    """One story on one platform; a function sets how the reference and the replay answer."""

    def answer(replay, reference=fakes.agrees):
        sides = {"load": reference, "play": replay}
        monkeypatch.setattr(suite, "load_known", KnownDivergences)
        monkeypatch.setattr(suite, "check", partial(check.check, **sides))
        monkeypatch.setattr(suite, "check_all", partial(check.check_all, **sides))
        monkeypatch.setattr("parity.show.stored", reference)
        monkeypatch.setattr("parity.show.replay", replay)

    monkeypatch.setattr(suite, "choose", lambda _select: [fakes.story()])
    monkeypatch.setattr(suite, "choose_one", lambda _name: fakes.story())
    monkeypatch.setattr(suite, "find_platforms", lambda _name=None: (fakes.FAKE,))
    return answer


@pytest.fixture
def bundle(tmp_path):
    return save_bundle(fakes.story(), tmp_path / "bundle")


# --- exit codes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replay", "reference", "code"),
    [
        (fakes.agrees, fakes.agrees, 0),
        (cannot, cannot, 0),
        (fakes.one_tick_off, fakes.agrees, 1),
        (fakes.drops_last_trade, fakes.agrees, 1),
        (fakes.crashes, fakes.agrees, 3),
        (fakes.agrees, fakes.missing, 3),
    ],
)
@pytest.mark.parametrize("command", ["run", "gate", "show six_bars"])
def test_the_exit_code_is_the_verdict(library, command, replay, reference, code):
    library(replay, reference)
    assert main(["parity", *command.split()]) == code


def test_a_bug_of_ours_is_never_read_as_a_divergence(monkeypatch, capsys):
    def broken(*_, **__):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(suite, "run_suite", broken)
    assert main(["parity", "run"]) == 3
    told = capsys.readouterr().err
    assert told.startswith("error: unexpected ZeroDivisionError: division by zero.")
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("error", "code"), [(PeerMissing("no vectorbt"), 3), (OSError("disk full"), 3)]
)
def test_what_could_not_run_is_three(monkeypatch, capsys, error, code):
    def raises(*_, **__):
        raise error

    monkeypatch.setattr(suite, "record_suite", raises)
    assert main(["parity", "record"]) == code
    assert capsys.readouterr().err == f"error: {error}\n"


def test_ctrl_c_is_130(monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(suite, "run_suite", stopped)
    assert main(["parity", "run"]) == 130


def test_a_reader_who_leaves_early_is_no_divergence():
    command = f"{sys.executable} -m parity parity list | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.returncode, done.stderr) in ((141, ""), (0, ""))


# --- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("parity run trigers", "no scenario matches 'trigers'; close ones are triggers"),
        ("parity run --platform vbt", "unknown platform 'vbt'; the platforms are "),
        ("parity run --nope", "No such option: --nope. Try 'truefill parity run --help'."),
        ("parity shwo", "No such command 'shwo'"),
        ("run nowhere --model vectorbt --out o", "nowhere is not a bundle: no such directory"),
        ("run nowhere --model vectorbt", "Missing option '--out'"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(capsys, words, told):
    assert main(words.split()) == 2
    plain = capsys.readouterr()
    assert told in plain.err
    assert plain.err.count("\n") == 1
    assert plain.out == ""


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("parity run trigers --json", "ScenarioError"),
        ("parity run --platform vbt --json", "OptionError"),
        ("parity run --json --nope", "UsageError"),
    ],
)
def test_with_json_an_error_is_a_document_too(capsys, words, kind):
    assert main(words.split()) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["kind"], error["exit_code"]) == (kind, 2)
    assert error["message"]


def test_a_refusal_keeps_its_reason(monkeypatch, capsys):
    def refuses(*_, **__):
        raise PlatformRefusal("price_not_positive", "price must be above zero (bar 3)")

    monkeypatch.setattr(suite, "run_suite", refuses)
    assert main(["parity", "run", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["reason"] == "price_not_positive"


@pytest.mark.parametrize("ask", ["flag", "variable"])
def test_the_traceback_is_there_for_who_asks(monkeypatch, capsys, ask):
    words = ["parity", "run", "trigers"]
    if ask == "flag":
        words.insert(0, "--debug")
    else:
        monkeypatch.setenv("TRUEFILL_DEBUG", "1")
    assert main(words) == 2
    assert "Traceback" in capsys.readouterr().err


# --- what is shown -------------------------------------------------------------------------------


def commands(app, path=()):
    """Every command of the tree, groups included."""
    yield path, app
    for name, command in getattr(app, "commands", {}).items():
        yield from commands(command, (*path, name))


TREE = dict(commands(typer.main.get_command(build())))


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_every_command_and_every_option_has_help(path):
    shown = CliRunner().invoke(build(), [*path, "--help"])
    assert shown.exit_code == 0
    assert "Usage: " in shown.output
    assert TREE[path].help
    lacking = [item.name for item in TREE[path].params if not item.help]
    assert not lacking


def test_help_does_not_wait_for_the_engine():
    code = (
        "import sys; from parity.cli import main; main(['parity', 'run', '--help'])\n"
        "print({'polars', 'numba', 'numpy', 'pyarrow'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "set()"


def test_the_version_is_one_line(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "truefill 0.1.0\n"


def test_json_is_the_report(library, capsys):
    library(fakes.one_tick_off)
    assert main(["parity", "run", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    (story,) = document["scenarios"]
    verdict = story["verdicts"]["fake@1.2.0+plain"]
    assert verdict["status"] == "diverges"
    assert verdict["view"]["focus"] == "2024-01-02T14:33:00+00:00"


def test_a_report_is_written_on_request(library, tmp_path, capsys):
    library(fakes.one_tick_off)
    assert main(["parity", "run", "--report", str(tmp_path / "reports")]) == 1
    assert "price" in (tmp_path / "reports" / "parity.md").read_text(encoding="utf-8")
    assert "six_bars" in capsys.readouterr().out


def test_show_prints_the_bars_and_the_command(library, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    library(fakes.one_tick_off)
    main(["parity", "show", "six_bars"])
    shown = capsys.readouterr().out
    assert "2024-01-02 14:33 <" in shown
    assert "-2 @ 11.01" in shown
    assert "truefill parity show six_bars --platform fake@1.2.0+plain" in shown


def test_no_color_and_no_terminal_mean_plain_text(library, capsys, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    library(fakes.one_tick_off)
    main(["parity", "run"])
    both = capsys.readouterr()
    assert "\x1b" not in both.out + both.err
    assert both.err == ""


def test_list_says_what_each_story_tells(library, capsys):
    library(fakes.agrees)
    assert main(["parity", "list", "--json"]) == 0
    (story,) = json.loads(capsys.readouterr().out)["scenarios"]
    assert (story["name"], story["platforms"]) == ("six_bars", {"fake": ["plain"]})
    assert main(["parity", "list"]) == 0
    assert "Buy, sell, buy again" in capsys.readouterr().out


@pytest.mark.parametrize(("outcome", "code"), [("recorded", 0), ("failed", 3)])
def test_a_failed_recording_is_exit_code_3(library, monkeypatch, capsys, outcome, code):
    def record(scenarios, peer, root, *, progress, say):
        say("installing fake")
        progress("six_bars", outcome)
        return [Happened("six_bars", peer.id, outcome, "new", message="")]

    library(fakes.agrees)
    monkeypatch.setattr(suite, "record", record)
    assert main(["parity", "record", "--json"]) == code
    both = capsys.readouterr()
    assert json.loads(both.out)["recorded"][0]["outcome"] == outcome
    assert both.err == "installing fake\n"


# --- truefill run --------------------------------------------------------------------------------


def test_a_bundle_is_played_and_everything_is_written(bundle, tmp_path, capsys):
    out = tmp_path / "deep" / "out"
    assert main(["run", str(bundle), "--model", "vectorbt", "--out", str(out), "--json"]) == 0
    names = {path.name for path in out.iterdir()}
    assert names == {"run.json", "metrics.parquet", *(f"{name}.parquet" for name in TABLES)}
    told = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert told == json.loads(capsys.readouterr().out)
    fills = pl.read_parquet(out / "fills.parquet")
    # Buy 2 at the close 11, sell 2 at 11, buy 2 at 9; the last entry finds the position open.
    assert fills.select("quantity", "price").rows() == [(2.0, 11.0), (-2.0, 11.0), (2.0, 9.0)]
    assert told["rows"]["fills"] == 3
    assert told["account"]["commission"] == 0.01
    assert not list(out.parent.glob(".*"))


def test_options_of_the_model_are_laid_over_the_bundle(bundle, tmp_path):
    out = tmp_path / "out"
    words = ["run", str(bundle), "--model", "vectorbt", "--out", str(out)]
    assert main([*words, "--option", "fees=0.0", "--option", "size_type=amount"]) == 0
    assert pl.read_parquet(out / "fills.parquet")["commission"].to_list() == [0.0, 0.0, 0.0]
    head = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert head["options"] == {"fees": 0.0, "size_type": "amount"}


def test_without_a_model_the_rules_are_our_own(bundle, tmp_path):
    out = tmp_path / "out"
    assert main(["run", str(bundle), "--out", str(out), "--option", "timing=close"]) == 0
    head = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert (head["model"], head["absent"]) == ("house", ["entry_trades", "positions"])
    assert pl.read_parquet(out / "fills.parquet")["quantity"].to_list() == [2.0, -2.0, 2.0]


def test_the_same_bundle_gives_the_same_files(bundle, tmp_path):
    outs = [tmp_path / name for name in ("one", "two")]
    for out in outs:
        assert main(["run", str(bundle), "--model", "vectorbt", "--out", str(out)]) == 0
    for file in outs[0].iterdir():
        assert file.read_bytes() == (outs[1] / file.name).read_bytes()


def test_an_earlier_run_is_replaced_only_by_force(bundle, tmp_path, capsys):
    out = tmp_path / "out"
    words = ["run", str(bundle), "--model", "vectorbt", "--out", str(out)]
    assert main(words) == 0
    stamp = (out / "run.json").stat().st_ino
    assert main(words) == 2
    assert "holds an earlier run; --force replaces it" in capsys.readouterr().err
    assert (out / "run.json").stat().st_ino == stamp
    assert main([*words, "--force"]) == 0
    assert (out / "run.json").stat().st_ino != stamp


def test_other_peoples_files_are_safe_even_from_force(bundle, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    words = ["run", str(bundle), "--model", "vectorbt", "--out", str(out), "--force"]
    assert main(words) == 2
    assert "holds other files (thesis.tex)" in capsys.readouterr().err
    assert (out / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--model", "nope"], "unknown model 'nope'; the models are "),
        (["--model", "vectorbt", "--option", "fees"], "'fees': write it as name=value"),
        (["--model", "vectorbt", "--option", "a=1", "--option", "a=2"], "a is given twice"),
        (["--model", "vectorbt", "--option", "a={}"], "{} is no number, text, flag or list"),
        (["--model", "vectorbt", "--option", "nope=1"], "nope"),
    ],
)
def test_a_run_that_cannot_be_leaves_nothing_behind(bundle, tmp_path, capsys, words, told):
    out = tmp_path / "out"
    assert main(["run", str(bundle), "--out", str(out), *words]) == 2
    assert told in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle"]


def test_option_values_are_json_where_they_can_be():
    texts = ["a=1", "b=0.5", "c=true", "d=percent", "e=[1, 2]", "f=inf", "g=a=b"]
    assert play.parse_options(texts) == {
        "a": 1,
        "b": 0.5,
        "c": True,
        "d": "percent",
        "e": [1, 2],
        "f": float("inf"),
        "g": "a=b",
    }


def test_the_command_is_installed(bundle, tmp_path):
    """Through the real entry point, in a process of its own."""
    command = Path(sys.executable).with_name("truefill")
    words = ["run", str(bundle), "--model", "vectorbt", "--out", str(tmp_path / "out")]
    done = subprocess.run([command, *words], capture_output=True, text=True, check=True)
    assert "six_bars under vectorbt: 3 orders, 3 fills" in done.stdout
    assert done.stderr == ""
