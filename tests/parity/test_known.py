"""Known divergences are strict: they neither hide another nor outlive their cause."""

from pathlib import Path

import pytest
from fakes import FAKE, agrees, drops_last_trade, missing, one_tick_off

from engine.errors import KnownError
from parity.known import FILE, Known, KnownDivergences, load_known, weigh, within
from parity.outcome import Outcome
from parity.platforms import PLATFORMS, Platform
from parity.verdict import Status, Verdict, judge
from scenarios.load import load_library

ENTRY = {
    "id": "rounds-up",
    "scenario": "six_bars",
    "platform": "fake",
    "versions": ">=1.0,<2",
    "cause": "fake/broker.py:sell",
    "reason": "It rounds prices up to the next cent.",
    "link": "https://example.org/1",
    "fingerprint": "sha256:" + "0" * 64,
}


def verdict(replay: Outcome, reference: Outcome | None = None) -> Verdict:
    return judge(reference or agrees(), replay, scenario="six_bars", platform=FAKE.id)


def ledger(**changes: str) -> KnownDivergences:
    tick = verdict(one_tick_off()).fingerprint
    return KnownDivergences((Known(**(ENTRY | {"fingerprint": tick} | changes)),), ceiling=1)


def write(path: Path, *entries: dict[str, object], head: str = "ceiling = 1") -> Path:
    rows = ["\n".join(f"{k} = {v!r}" for k, v in entry.items()) for entry in entries]
    path.write_text("\n".join([head, *(f"[[known]]\n{row}" for row in rows)]))
    return path


def test_the_very_divergence_that_is_known_is_known():
    weighed = weigh(verdict(one_tick_off()), FAKE, ledger())
    assert (weighed.status, weighed.known) == (Status.KNOWN, "rounds-up")
    assert weighed.reason.startswith("It rounds prices up to the next cent. (fake/broker.py:sell")
    assert weighed.divergences


def test_another_divergence_under_the_same_entry_diverges():
    weighed = weigh(verdict(drops_last_trade()), FAKE, ledger())
    assert weighed.status is Status.DIVERGES
    assert "another divergence than the known one rounds-up" in weighed.reason
    assert weighed.fingerprint in weighed.reason


def test_one_that_stopped_happening_is_stale():
    weighed = weigh(verdict(agrees()), FAKE, ledger())
    assert (weighed.status, weighed.known) == (Status.STALE_KNOWN, "rounds-up")
    assert "no longer happens; take it out of known_divergences.toml" in weighed.reason


def test_what_is_missing_stays_missing():
    absent = verdict(agrees(), missing())
    assert weigh(absent, FAKE, ledger()) == absent


@pytest.mark.parametrize(
    "changes", [{"scenario": "other"}, {"platform": "fake+rust"}, {"versions": ">=2"}]
)
def test_an_entry_covers_its_scenario_platform_idiom_and_versions_only(changes: dict[str, str]):
    plain = verdict(one_tick_off())
    assert weigh(plain, FAKE, ledger(**changes)) == plain
    assert weigh(plain, FAKE, ledger(platform="fake+plain")).status is Status.KNOWN


def test_two_entries_for_one_verdict_are_an_error():
    first = ledger().entries[0]
    second = Known(**(ENTRY | {"id": "again", "platform": "fake+plain"}))
    with pytest.raises(KnownError, match="rounds-up, again both cover six_bars"):
        weigh(verdict(one_tick_off()), FAKE, KnownDivergences((first, second), 2))


def test_an_entry_that_nothing_can_meet_dangles():
    known = ledger()
    assert known.dangling(["six_bars"], [FAKE]) == ()
    assert known.dangling(["other"], [FAKE]) == (
        "known divergence rounds-up: there is no scenario 'six_bars'",
    )
    newer = Platform("fake", "2.0", "plain", "house")
    assert "no platform 'fake >=1.0,<2'" in known.dangling(["six_bars"], [newer])[0]


@pytest.mark.parametrize(
    "version, versions, inside",
    [
        ("1.2.0", "*", True),
        ("1.2.0", "==1.2", True),
        ("1.10", ">=1.9", True),
        ("1.2.0", ">=1.0,<1.2", False),
        ("1.2.0", "!=1.2.0", False),
        ("2.0", ">1.9, <=2", True),
    ],
)
def test_version_ranges(version: str, versions: str, inside: bool):
    assert within(version, versions) is inside


@pytest.mark.parametrize("versions", ["1.2", "~=1.2", ">=one", ""])
def test_odd_version_ranges_are_errors(versions: str):
    with pytest.raises(KnownError, match="version range"):
        within("1.0", versions)


def test_a_file_is_read_whole(tmp_path: Path):
    known = load_known(write(tmp_path / "known.toml", ENTRY))
    assert known == KnownDivergences((Known(**ENTRY),), 1)


def test_no_more_entries_than_the_ceiling(tmp_path: Path):
    other = ENTRY | {"id": "other"}
    with pytest.raises(KnownError, match="2 entries, but the ceiling is 1 and may only fall"):
        load_known(write(tmp_path / "known.toml", ENTRY, other))


@pytest.mark.parametrize(
    "entry, message",
    [
        ({k: v for k, v in ENTRY.items() if k != "link"}, "entry 1: its keys must be just"),
        (ENTRY | {"owner": "me"}, "entry 1: its keys must be just"),
        (ENTRY | {"reason": " "}, "entry 1: reason must be text"),
        (ENTRY | {"reason": 3}, "entry 1: reason must be text"),
        (ENTRY | {"cause": "the broker"}, 'write it as "file:function"'),
        (ENTRY | {"fingerprint": "abc"}, "fingerprint must be sha256"),
        (ENTRY | {"versions": "new"}, "version range 'new'"),
    ],
)
def test_a_malformed_entry_is_named(tmp_path: Path, entry: dict[str, object], message: str):
    with pytest.raises(KnownError, match=message):
        load_known(write(tmp_path / "known.toml", entry))


@pytest.mark.parametrize(
    "text, message",
    [
        ("ceiling = ", "known.toml: "),
        ("", "ceiling must be a whole number"),
        ("ceiling = -1", "ceiling must be a whole number"),
        ("ceiling = true", "ceiling must be a whole number"),
        ("ceiling = 1\nknown = 3", r"under \[\[known\]\]"),
        ("ceiling = 1\nfloor = 0", "unknown keys"),
    ],
)
def test_a_malformed_file_is_named(tmp_path: Path, text: str, message: str):
    path = tmp_path / "known.toml"
    path.write_text(text)
    with pytest.raises(KnownError, match=message):
        load_known(path)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(KnownError, match=r"nowhere\.toml"):
        load_known(tmp_path / "nowhere.toml")


def test_one_id_is_one_entry(tmp_path: Path):
    with pytest.raises(KnownError, match="rounds-up occurs twice"):
        load_known(write(tmp_path / "known.toml", ENTRY, ENTRY, head="ceiling = 2"))


def test_the_committed_file_is_sound_and_met_by_the_library():
    known = load_known(FILE)
    names = [scenario.name for scenario in load_library()]
    assert known.dangling(names, PLATFORMS) == ()
