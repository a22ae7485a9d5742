"""A stored answer is trusted whole or not at all, and the error names what is wrong."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from fake_peer import FAKE, here, honest, install, recording, story
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import (
    InputError,
    ReferenceError_,
    ReferenceForeign,
    ReferenceStale,
    ReferenceTampered,
)
from parity.environments import environment_digest
from parity.outcome import Missing, Recorded, Refused, Unsupported
from parity.platforms import Platform
from parity.protocol import read_recording
from parity.reference import Stored, load_reference, save_reference, seal_of
from scenarios import Scenario

AGAIN = "truefill parity record a --platform fake+plain"


@pytest.fixture(autouse=True)
def peers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("parity.platforms.PEERS", tmp_path / "peers")
    return install(tmp_path / "peers", honest(), "numpy==2.4.6\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "reference_data"


def save(root: Path, scenario: Scenario, *, price: float = 10.0, **said: str) -> Stored:
    environment = replace(here(), digest=environment_digest(FAKE, "3.11"))
    folder = recording(root.parent / "recording", scenario, price=price, **said)
    answer = read_recording(folder, FAKE, scenario, "r")
    return save_reference(root, scenario, FAKE, answer, environment)


def load(root: Path, scenario: Scenario | None = None, platform: Platform = FAKE) -> object:
    return load_reference(root, scenario or story("a"), platform).outcome


def folder(root: Path) -> Path:
    return root / "a" / "fake@1.0+plain"


def test_what_was_stored_comes_back_with_its_provenance(root: Path) -> None:
    assert save(root, story("a")) == Stored("new")
    reference = load_reference(root, story("a"), FAKE)
    assert isinstance(reference.outcome, Recorded)
    assert reference.outcome.tables["fills"]["price"].to_list() == [10.0]
    assert reference.manifest["counts"] == {"orders": 1, "fills": 1}
    assert reference.manifest["provenance"] == {
        "python": "3.11.7", "packages": {}, "command": AGAIN,
    }  # fmt: skip
    assert sorted(path.name for path in folder(root).iterdir()) == [
        "equity.parquet", "fills.parquet", "manifest.json", "orders.parquet",
    ]  # fmt: skip


def test_unsupported_and_refused_are_answers_too(root: Path) -> None:
    save(root, story("a"), outcome="unsupported", reason="no limit orders")
    assert load(root) == Unsupported("no limit orders")
    said = save(root, story("a"), outcome="refused", reason="stop_negative", message="below 0")
    assert said == Stored("changed")
    assert load(root) == Refused("stop_negative", "below 0")
    assert [path.name for path in folder(root).iterdir()] == ["manifest.json"]


def test_a_failure_is_never_stored(root: Path) -> None:
    with pytest.raises(InputError, match="no answer"):
        save(root, story("a"), outcome="failed", message="boom")
    with pytest.raises(InputError, match="no answer"):
        save(root, story("a"), version="2.0")
    assert not root.exists()


def test_stored_again_it_says_what_changed(root: Path, peers: Path) -> None:
    save(root, story("a"))
    before = (folder(root) / "manifest.json").read_bytes()
    assert save(root, story("a")) == Stored("unchanged")
    assert (folder(root) / "manifest.json").read_bytes() == before
    assert save(root, story("a"), price=10.5).tables == ("equity", "fills", "orders")
    install(peers.parent, honest("'a remark'"), "numpy==2.4.6\n")
    assert save(root, story("a"), price=10.5) == Stored("restamped")


def test_nothing_recorded_is_missing_and_says_how_to_record(root: Path) -> None:
    outcome = load(root)
    assert isinstance(outcome, Missing)
    assert outcome.what == "reference"
    assert AGAIN in outcome.message
    save(root, story("a"))
    outcome = load(root, platform=replace(FAKE, version="2.0"))
    assert isinstance(outcome, Missing)
    assert "there are fake@1.0+plain" in outcome.message


@pytest.mark.parametrize("name", ["orders", "fills", "equity"])
def test_an_edited_table_is_named(root: Path, name: str) -> None:
    save(root, story("a"))
    path = folder(root) / f"{name}.parquet"
    pl.read_parquet(path).head(0).write_parquet(path)
    with pytest.raises(ReferenceTampered, match=f"{name}.parquet was changed"):
        load(root)


def test_a_table_too_few_or_too_many_is_named(root: Path) -> None:
    save(root, story("a"))
    shutil.copy(folder(root) / "fills.parquet", folder(root) / "trades.parquet")
    with pytest.raises(ReferenceTampered, match=r"trades\.parquet is not in the manifest"):
        load(root)
    (folder(root) / "trades.parquet").unlink()
    (folder(root) / "fills.parquet").unlink()
    with pytest.raises(ReferenceError_, match=r"fills\.parquet is not there"):
        load(root)


def test_a_reference_without_a_manifest_is_half_written(root: Path) -> None:
    save(root, story("a"))
    (folder(root) / "manifest.json").unlink()
    with pytest.raises(ReferenceError_, match=r"manifest\.json is not there"):
        load(root)


def edit_manifest(root: Path, *, seal: bool, **changes: object) -> None:
    path = folder(root) / "manifest.json"
    manifest = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({**manifest, "seal": seal_of(manifest)} if seal else manifest))


def test_an_edited_manifest_is_noticed(root: Path) -> None:
    save(root, story("a"))
    for path in folder(root).glob("*.parquet"):
        path.unlink()
    edit_manifest(root, seal=False, outcome="unsupported", reason="none of it")
    with pytest.raises(ReferenceTampered, match="seal"):
        load(root)


@pytest.mark.parametrize(
    "change", [{"format": 2}, {"version": "1.1"}, {"idiom": "fancy"}, {"scenario": "b"}]
)
def test_a_reference_from_elsewhere_is_foreign(root: Path, change: dict[str, object]) -> None:
    save(root, story("a"))
    edit_manifest(root, seal=True, **change)
    with pytest.raises(ReferenceForeign, match=next(iter(change))):
        load(root)


def test_prose_may_change_and_the_reference_stays(root: Path) -> None:
    save(root, story("a"))
    told = replace(story("a"), title="Another", rule="new words", features=("gap",))
    assert isinstance(load(root, told), Recorded)


STALE = {
    "the scenario's request": {"account": story("a", cash=99.0).account},
    "the scenario's bars": {"bars": story("a", closes=(10.0, 11.000001)).bars},
}


@pytest.mark.parametrize("named", STALE)
def test_a_changed_scenario_makes_it_stale(root: Path, named: str) -> None:
    save(root, story("a"))
    with pytest.raises(ReferenceStale, match=named) as raised:
        load(root, replace(story("a"), **STALE[named]))  # type: ignore[arg-type]
    assert AGAIN in str(raised.value)


def test_another_platforms_options_are_no_part_of_the_request(root: Path) -> None:
    save(root, story("a"))
    assert isinstance(
        load(root, replace(story("a"), options={"fake": {"lot": 1}, "other": {}})), Recorded
    )
    with pytest.raises(ReferenceStale, match="request"):
        load(root, replace(story("a"), options={"fake": {"lot": 2}}))


def test_a_changed_recorder_or_pin_makes_it_stale(root: Path, peers: Path) -> None:
    save(root, story("a"))
    install(peers.parent, honest("'a remark'"), "numpy==2.4.6\n")
    with pytest.raises(ReferenceStale, match="its recorder changed"):
        load(root)
    install(peers.parent, honest(), "numpy==2.5.0\n")
    with pytest.raises(ReferenceStale, match="its pinned environment changed"):
        load(root)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_flipped_bit_passes(root: Path, data: st.DataObject) -> None:
    save(root, story("a"))
    whole = load_reference(root, story("a"), FAKE)
    path = data.draw(st.sampled_from(sorted(folder(root).iterdir())))
    content = bytearray(path.read_bytes())
    spot = data.draw(st.integers(0, len(content) - 1))
    content[spot] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    try:
        found = load_reference(root, story("a"), FAKE)
    except InputError:
        return
    finally:
        shutil.rmtree(root)
    # Only white space of the manifest may differ without changing what it says.
    assert path.name == "manifest.json"
    assert found.manifest == whole.manifest
