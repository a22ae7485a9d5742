"""A peer is believed only if it answers this very request, whole; otherwise it failed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from fake_peer import FAKE, edit_head, here, honest, install, recording, story

from engine.errors import PeerFailed
from engine.schema import TABLES
from parity.outcome import Failed, Recorded, Refused, Unsupported
from parity.protocol import Recording, ask, read_recording
from scenarios import load_bundle


@pytest.fixture
def peers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("parity.platforms.PEERS", tmp_path / "peers")
    install(tmp_path / "peers", honest())
    return tmp_path / "peers"


def answers(work: Path, *names: str, **options: float) -> dict[str, Recording]:
    return ask(FAKE, here(), [story(name) for name in names], work, **options)  # type: ignore[arg-type]


def test_an_honest_peer_is_read_table_by_table(peers: Path, tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []
    recordings = ask(
        FAKE, here(), [story("a")], tmp_path / "work", progress=lambda *said: heard.append(said)
    )
    outcome = recordings["a"].outcome
    assert isinstance(outcome, Recorded)
    assert outcome.tables["fills"].select("quantity", "price").rows() == [(1.0, 10.0)]
    assert outcome.tables["equity"]["equity"].to_list() == [100.0, 101.0]
    assert outcome.tables["trades"]["pnl"].to_list() == [1.0]
    assert heard == [("a", "recorded")]


def test_a_request_tells_the_case_and_nothing_of_its_answer(peers: Path, tmp_path: Path) -> None:
    answers(tmp_path / "work", "a")
    told = load_bundle(tmp_path / "work" / "requests" / "a")
    assert (told.title, told.topic, told.rule, told.features) == ("", "", "", ())
    assert told.options == {"fake": {"lot": 1}}
    assert told.bars.equals(story("a").bars)


def test_one_failing_case_does_not_stop_the_others(peers: Path, tmp_path: Path) -> None:
    install(peers, honest("assert request.name != 'b', 'b cannot be played'"))
    found = answers(tmp_path / "work", "a", "b", "c")
    assert [type(found[name].outcome) for name in "abc"] == [Recorded, Failed, Recorded]
    assert "b cannot be played" in found["b"].outcome.message  # type: ignore[union-attr]


def test_a_case_that_kills_the_recorder_fails_alone(peers: Path, tmp_path: Path) -> None:
    install(peers, honest("import os; request.name == 'b' and os._exit(9)"))
    found = answers(tmp_path / "work", "a", "b", "c")
    assert [type(found[name].outcome) for name in "abc"] == [Recorded, Failed, Recorded]
    assert "exit code 9" in found["b"].outcome.message  # type: ignore[union-attr]


def test_the_first_case_may_be_the_one_that_kills(peers: Path, tmp_path: Path) -> None:
    install(peers, honest("import os; request.name == 'a' and os._exit(9)"))
    found = answers(tmp_path / "work", "a", "b")
    assert [type(found[name].outcome) for name in "ab"] == [Failed, Recorded]


def test_a_peer_that_cannot_begin_fails_every_case_with_its_last_words(
    peers: Path, tmp_path: Path
) -> None:
    install(peers, "raise SystemExit('no licence found')")
    found = answers(tmp_path / "work", "a", "b", "c", "d")
    for answer in found.values():
        assert isinstance(answer.outcome, Failed)
        assert "no licence found" in answer.outcome.message


def test_a_silent_peer_is_stopped(peers: Path, tmp_path: Path) -> None:
    install(peers, "import time; time.sleep(60)")
    outcome = answers(tmp_path / "work", "a", timeout=0.3)["a"].outcome
    assert isinstance(outcome, Failed)
    assert "said nothing for 0.3 s" in outcome.message


def test_a_peer_that_talks_but_records_nothing_has_failed(peers: Path, tmp_path: Path) -> None:
    line = json.dumps({"case": "a", "outcome": "recorded"})
    install(peers, f"print('hello'); print({line!r})")
    outcome = answers(tmp_path / "work", "a")["a"].outcome
    assert isinstance(outcome, Failed)
    assert "no recording" in outcome.message


def test_an_interpreter_that_is_not_there_is_named(peers: Path, tmp_path: Path) -> None:
    nowhere = replace(here(), python=tmp_path / "gone" / "python")
    with pytest.raises(PeerFailed, match="gone/python"):
        ask(FAKE, nowhere, [story("a")], tmp_path / "work")


def test_asked_again_only_what_changed_is_played_again(peers: Path, tmp_path: Path) -> None:
    plays = peers / "fake" / "plays.txt"
    ask(FAKE, here(), [story("a"), story("b")], tmp_path / "work")
    ask(FAKE, here(), [story("a"), story("b", cash=50.0)], tmp_path / "work")
    assert plays.read_text().split() == ["a", "b", "b"]
    install(peers, honest("'another recorder'"))
    ask(FAKE, here(), [story("a")], tmp_path / "work")
    assert plays.read_text().split() == ["a", "b", "b", "a"]


def read(folder: Path) -> object:
    return read_recording(folder, FAKE, story("a"), "r").outcome


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"version": "2.0"}, "version"),
        ({"idiom": "fancy"}, "idiom"),
        ({"platform": "rival"}, "platform"),
        ({"request": "another"}, "request"),
        ({"recorder": "another"}, "recorder"),
        ({"outcome": "agrees"}, "agrees"),
        ({"outcome": "unsupported"}, "reason"),
        ({"outcome": "refused", "reason": ""}, "reason"),
    ],
)
def test_an_answer_from_elsewhere_is_no_answer(
    peers: Path, tmp_path: Path, said: dict[str, str], named: str
) -> None:
    assert isinstance(read(recording(tmp_path / "good", story("a"))), Recorded)
    outcome = read(recording(tmp_path / "bad", story("a"), **said))
    assert isinstance(outcome, Failed)
    assert named in outcome.message


def test_unsupported_and_refused_carry_their_reason(peers: Path, tmp_path: Path) -> None:
    said = recording(tmp_path / "u", story("a"), outcome="unsupported", reason="no limit orders")
    assert read(said) == Unsupported("no limit orders")
    said = recording(
        tmp_path / "r", story("a"), outcome="refused", reason="price_not_positive", message="price"
    )
    assert read(said) == Refused("price_not_positive", "price")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"outcome": "recorded"}'])
def test_a_head_of_nonsense_is_a_failure(peers: Path, tmp_path: Path, text: str) -> None:
    folder = recording(tmp_path / "a", story("a"))
    (folder / "recording.json").write_text(text)
    assert isinstance(read(folder), Failed)


def rewrite(name: str, *changes: pl.Expr) -> object:
    def edit(folder: Path) -> None:
        path = folder / f"{name}.parquet"
        pl.read_parquet(path).with_columns(*changes).write_parquet(path)

    return edit


EDITS = {
    "no equity": lambda folder: (folder / "equity.parquet").unlink(),
    "not parquet": lambda folder: (folder / "fills.parquet").write_bytes(b"PAR1"),
    "half the trade tables": lambda folder: (folder / "trades.parquet").write_bytes(b""),
    "another dtype": rewrite("fills", pl.lit("dear").alias("price")),
    "another column": rewrite("fills", pl.lit(1.0).alias("bonus")),
    "a hole": rewrite("fills", pl.lit(None, pl.Float64()).alias("price")),
    "another day": rewrite("fills", pl.col("timestamp").dt.offset_by("1d")),
    "another symbol": rewrite("orders", pl.lit("B").alias("symbol")),
    "a bar short": lambda folder: (
        pl.read_parquet(folder / "equity.parquet").head(1).write_parquet(folder / "equity.parquet")
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_tables_of_nonsense_are_a_failure(peers: Path, tmp_path: Path, name: str) -> None:
    folder = recording(tmp_path / "a", story("a"))
    EDITS[name](folder)  # type: ignore[operator]
    assert isinstance(read(folder), Failed)


def test_a_failure_keeps_its_traceback(peers: Path, tmp_path: Path) -> None:
    folder = recording(tmp_path / "a", story("a"))
    edit_head(folder, outcome="failed", message="Traceback: boom")
    assert read(folder) == Failed("Traceback: boom")


def test_trade_tables_may_be_absent_all_together(peers: Path, tmp_path: Path) -> None:
    outcome = read(recording(tmp_path / "a", story("a")))
    assert isinstance(outcome, Recorded)
    assert list(outcome.tables) == ["orders", "fills", "equity"]


def trade_tables(folder: Path, *names: str) -> Path:
    for name in names:
        pl.DataFrame(schema=TABLES[name]).write_parquet(folder / f"{name}.parquet")
    return folder


def test_a_platform_may_count_trades_in_its_own_way_only(peers: Path, tmp_path: Path) -> None:
    folder = trade_tables(recording(tmp_path / "a", story("a")), "trades")
    outcome = read(folder)
    assert isinstance(outcome, Recorded)
    assert list(outcome.tables) == ["orders", "fills", "trades", "equity"]
    assert isinstance(read(trade_tables(folder, "positions")), Failed)
    assert isinstance(read(trade_tables(folder, "entry_trades")), Recorded)
