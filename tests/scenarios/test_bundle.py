"""A bundle on disk gives back the scenario, and a broken one names its file."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from engine.errors import InputError, ScenarioError
from engine.script import Account, Script, conform_script
from scenarios.bundle import load_bundle, save_bundle
from scenarios.scenario import Scenario

AT = [datetime(2024, 1, day, tzinfo=UTC) for day in (1, 2, 3)]


def story() -> Scenario:
    bars = pl.DataFrame(
        {
            "timestamp": AT,
            "symbol": ["A"] * 3,
            **{name: [10.0, 11.0, float("nan")] for name in ("open", "high", "low", "close")},
            "volume": [0.0] * 3,
        },
        schema_overrides={"timestamp": pl.Datetime("ms", "UTC")},
    )
    script = pl.DataFrame(
        {
            "timestamp": AT[:2],
            "symbol": ["A", "A"],
            "entry": [True, None],
            "stop_loss": [0.1, None],
            "vectorbt.fees": [None, 0.01],
        }
    )
    return Scenario(
        name="story",
        title="A story",
        topic="fills",
        rule="None",
        symbols=("A",),
        bars=bars,
        script=Script("signals", conform_script("signals", script), {"size": float("inf")}),
        account=Account(cash=1000.0, commission=0.001),
        options={"vectorbt": {"max_size": float("inf"), "fees": [float("nan")]}},
        features=("stop_loss",),
        platforms={"vectorbt": ("numba",)},
    )


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return save_bundle(story(), tmp_path / "story")


def test_what_is_saved_is_what_is_loaded(bundle: Path) -> None:
    told, read = story(), load_bundle(bundle)
    assert read.bars.equals(told.bars)
    assert read.script.frame.equals(told.script.frame)
    assert read.script.defaults == {"size": float("inf")}
    assert read.account == told.account
    assert read.options["vectorbt"]["max_size"] == float("inf")
    assert str(read.options["vectorbt"]["fees"]) == "[nan]"
    assert read.platforms == {"vectorbt": ("numba",)}


def test_a_null_flag_means_no_signal(bundle: Path) -> None:
    assert load_bundle(bundle).script.frame["entry"].to_list() == [True, False]


def test_saving_twice_leaves_nothing_beside_it(bundle: Path) -> None:
    save_bundle(story(), bundle)
    assert [path.name for path in bundle.parent.iterdir()] == ["story"]


def test_a_failed_save_leaves_the_old_bundle(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full_disk)
    with pytest.raises(OSError, match="disk full"):
        save_bundle(story(), bundle)
    monkeypatch.undo()
    assert load_bundle(bundle).name == "story"
    assert [path.name for path in bundle.parent.iterdir()] == ["story"]


def test_missing_and_half_written_files_are_named(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="nowhere is not a bundle"):
        load_bundle(tmp_path / "nowhere")
    (bundle / "bars.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(ScenarioError, match=r"bars\.parquet: not a readable Parquet file"):
        load_bundle(bundle)
    (bundle / "bars.parquet").unlink()
    with pytest.raises(ScenarioError, match=r"lacks bars\.parquet"):
        load_bundle(bundle)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "hopes"}, "kind 'hopes'"),
        ({"format": 99}, "format 99; this version reads 1"),
        ({"sybmols": ["A"]}, "unknown keys .'sybmols'."),
        ({"account": {"csah": 1}}, "account has unknown keys .'csah'."),
    ],
)
def test_a_wrong_head_names_the_key(bundle: Path, change: dict[str, object], words: str) -> None:
    head_file = bundle / "scenario.json"
    head_file.write_text(json.dumps({**json.loads(head_file.read_text()), **change}))
    with pytest.raises(ScenarioError, match=words):
        load_bundle(bundle)


def test_text_that_is_not_json_is_named(bundle: Path) -> None:
    (bundle / "scenario.json").write_text("{")
    with pytest.raises(ScenarioError, match=r"scenario\.json: not JSON"):
        load_bundle(bundle)


def test_an_unknown_script_column_is_not_ignored() -> None:
    frame = pl.DataFrame({"timestamp": AT[:1], "symbol": ["A"], "enrty": [True]})
    with pytest.raises(InputError, match=r"unknown \['enrty'\]"):
        conform_script("signals", frame)


def test_orders_get_ids_and_plain_defaults() -> None:
    frame = pl.DataFrame({"timestamp": AT[:2], "symbol": ["A", "A"], "quantity": [1.0, -1.0]})
    tape = conform_script("orders", frame)
    assert tape["order_id"].to_list() == [0, 1]
    assert tape["kind"].to_list() == ["market", "market"]
    assert tape["expires"].null_count() == 2
