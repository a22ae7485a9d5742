"""Recording asks the real platform once and says, case by case, what became of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_peer import FAKE, here, honest, install, story

from engine.errors import PeerMissing, ScenarioError
from parity.environments import environment_digest
from parity.outcome import Recorded
from parity.record import Happened, record
from parity.reference import load_reference


@pytest.fixture(autouse=True)
def peers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("parity.platforms.PEERS", tmp_path / "peers")
    folder = install(tmp_path / "peers", honest())
    ready = replace(here(), digest=environment_digest(FAKE, "3.11"))
    monkeypatch.setattr("parity.record.environment_of", lambda *_, **__: ready)
    monkeypatch.setattr("parity.reference.environment_digest", lambda *_: ready.digest)
    return folder


def run(tmp_path: Path, *names: str, **options: object) -> list[Happened]:
    cases = [story(name) for name in names]
    return record(cases, FAKE, tmp_path / "data", work=tmp_path / "work", **options)  # type: ignore[arg-type]


def changes(happened: list[Happened]) -> list[tuple[str, str, str]]:
    return [(item.scenario, item.outcome, item.change) for item in happened]


def test_new_then_unchanged_to_the_byte(tmp_path: Path) -> None:
    assert changes(run(tmp_path, "b", "a")) == [("b", "recorded", "new"), ("a", "recorded", "new")]
    files = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*.*") if path.is_file()}
    assert changes(run(tmp_path, "a")) == [("a", "recorded", "unchanged")]
    assert len(files) == 14
    assert all(path.read_bytes() == content for path, content in files.items())
    assert isinstance(load_reference(tmp_path / "data", story("a"), FAKE).outcome, Recorded)


def test_a_platform_that_answers_otherwise_is_reported_table_by_table(
    tmp_path: Path, peers: Path
) -> None:
    run(tmp_path, "a")
    install(peers.parent, honest().replace("first, commission=[0.0]", "first, commission=[0.1]"))
    [happened] = run(tmp_path, "a")
    assert happened.change == "changed"
    assert happened.tables == ("fills",)


def test_a_failure_keeps_what_was_stored(tmp_path: Path, peers: Path) -> None:
    run(tmp_path, "a")
    install(peers.parent, honest("raise RuntimeError('no more')"))
    [happened] = run(tmp_path, "a")
    assert (happened.outcome, happened.change) == ("failed", "kept")
    assert "no more" in happened.message
    assert (tmp_path / "data" / "a" / FAKE.id / "fills.parquet").exists()


def test_what_a_platform_cannot_or_will_not_do_is_stored(tmp_path: Path, peers: Path) -> None:
    says = "from wire import Refused, Unsupported; raise Unsupported('no lots')"
    install(peers.parent, honest(says))
    [happened] = run(tmp_path, "a")
    assert happened == Happened("a", FAKE.id, "unsupported", "new", message="no lots")


def test_only_scenarios_that_ask_for_the_idiom_are_played(tmp_path: Path) -> None:
    others = [
        replace(story("a"), platforms={"fake": ("fancy",)}),
        replace(story("b"), platforms={"other": ("plain",)}),
    ]
    assert record(others, FAKE, tmp_path / "data", work=tmp_path / "work") == []
    assert not (tmp_path / "work").exists()


def test_a_killed_run_is_taken_up_where_it_stopped(tmp_path: Path, peers: Path) -> None:
    def stop(name: str, _outcome: str) -> None:
        if name == "a":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, "a", "b", progress=stop)
    assert not (tmp_path / "data").exists()
    assert changes(run(tmp_path, "a", "b")) == [("a", "recorded", "new"), ("b", "recorded", "new")]
    plays = (peers / "plays.txt").read_text().split()
    assert plays.count("a") == 1
    assert not (tmp_path / "work" / FAKE.id).exists()


def test_two_scenarios_of_one_name_are_refused(tmp_path: Path) -> None:
    twins = [replace(story("a"), source="one.toml"), replace(story("a"), source="two.toml")]
    with pytest.raises(ScenarioError, match=r"two\.toml: the name 'a' is taken by one\.toml"):
        record(twins, FAKE, tmp_path / "data", work=tmp_path / "work")


def test_a_missing_peer_is_an_error_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(*_: object, **__: object) -> None:
        raise PeerMissing("no network")

    monkeypatch.setattr("parity.record.environment_of", absent)
    with pytest.raises(PeerMissing, match="no network"):
        run(tmp_path, "a")
