"""Two versions of a miniature platform: what changed between them, and what only one can do.

Both buy one unit at the first close, 10. Version 2.0 has a recorder of its own beside its pins.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fake_peer import FAKE, here, honest, install, story

from engine.errors import InputError, OptionError, PeerMissing
from parity import platforms
from parity.cli import main
from parity.drift import report
from parity.drift.run import drift_suite


def newer(source):
    return source.replace('Peer("fake", "1.0"', 'Peer("fake", "2.0"')


@pytest.fixture
def peers(tmp_path, monkeypatch):
    """Installs the recorder of version 2.0; without a change it is that of 1.0."""
    folder = install(tmp_path / "peers", honest())
    monkeypatch.setattr(platforms, "PEERS", tmp_path / "peers")
    monkeypatch.setattr(platforms, "PLATFORMS", (FAKE,))
    monkeypatch.setattr("parity.drift.run.choose", lambda _select: [story("a"), story("b")])
    monkeypatch.setattr("parity.drift.run.WORK", tmp_path / "work")
    monkeypatch.setattr(
        "parity.drift.run.environment_of",
        lambda peer, **_: replace(here(), about={**here().about, "version": peer.version}),
    )
    (folder / "versions").mkdir()

    def put(extra="", change=lambda source: source):
        (folder / "versions" / "2.0.txt").write_text("fake==2.0\n")
        (folder / "versions" / "2.0.py").write_text(newer(change(honest(extra))))
        return folder

    put()
    return put


def run(tmp_path, **options):
    return drift_suite("fake", ("1.0", "2.0"), work=tmp_path / "work", **options)


def became(document):
    return [(one["scenario"], one["became"]) for one in document["scenarios"]]


def test_nothing_changed(tmp_path, peers):
    told = run(tmp_path)
    assert became(told) == [("a", "same"), ("b", "same")]
    assert told["exit_code"] == 0
    assert [version["version"] for version in told["versions"]] == ["1.0", "2.0"]


def test_a_commission_that_one_version_takes(tmp_path, peers):
    peers(
        change=lambda source: source.replace("first, commission=[0.0]", "first, commission=[0.5]")
    )
    told = run(tmp_path)
    assert told["exit_code"] == 1
    assert told["totals"]["plain"]["differs"] == 2
    one = told["scenarios"][0]
    assert one["differing"] == {"fills": 1}
    assert one["told"].startswith(
        "The first difference is at bar 0 (2024-01-02 00:00 UTC, A): commission of a fill (row 0) "
        "is 0.0 in fake 1.0 but 0.5 in fake 2.0, 0.5 higher. That alone makes fake 2.0 0.5 poorer."
    )


def test_what_only_one_version_can_do(tmp_path, peers):
    peers("from wire import Unsupported; raise Unsupported('fake 2.0 has no lots')")
    told = run(tmp_path)
    assert told["exit_code"] == 1
    assert told["scenarios"][0]["outcomes"] == ("played", "unsupported: fake 2.0 has no lots")
    (row,) = report.changed(told)
    assert row["who"] == "a, b"
    assert row["told"] == "fake 1.0 played; fake 2.0 unsupported: fake 2.0 has no lots"


def test_another_reason_is_a_change_and_the_same_one_is_none(tmp_path, peers):
    says = "from wire import Refused; raise Refused({!r}, 'no')"
    install(tmp_path / "peers", honest(says.format("no_lots")))
    peers(says.format("no_lots"))
    assert became(run(tmp_path)) == [("a", "same_outcome"), ("b", "same_outcome")]
    peers(says.format("no_cash"))
    assert became(run(tmp_path)) == [("a", "outcome"), ("b", "outcome")]


def test_one_case_that_crashes_stops_no_other(tmp_path, peers):
    peers("if request.name == 'a': raise RuntimeError('no such option')")
    told = run(tmp_path)
    assert became(told) == [("a", "failed"), ("b", "same")]
    assert told["exit_code"] == 3
    assert "no such option" in told["scenarios"][0]["told"]


def test_a_killed_run_goes_on_where_it_stopped(tmp_path, peers):
    def stop(what, _done, _total):
        if what == "a on 2.0":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, step=stop)
    assert became(run(tmp_path)) == [("a", "same"), ("b", "same")]
    plays = (tmp_path / "peers" / "fake" / "plays.txt").read_text().split()
    assert sorted(plays) == ["a", "b"]
    assert not (tmp_path / "work" / "fake@1.0+plain").exists()


def test_a_recorder_that_changed_meanwhile_is_asked_again(tmp_path, peers):
    def stop(what, _done, _total):
        if what == "b on 1.0":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, step=stop)
    install(tmp_path / "peers", honest().replace("quantity=[1.0]", "quantity=[2.0]"))
    assert became(run(tmp_path)) == [("a", "differs"), ("b", "differs")]


def test_progress_counts_every_case_of_both_versions(tmp_path, peers):
    steps = []
    run(tmp_path, step=lambda *step: steps.append(step))
    assert steps == [
        ("a on 1.0", 1, 4), ("b on 1.0", 2, 4), ("a on 2.0", 3, 4), ("b on 2.0", 4, 4)
    ]  # fmt: skip


def test_a_version_needs_pins(tmp_path, peers):
    with pytest.raises(OptionError, match=r"fake 3\.0 has no pins; there are 1\.0, 2\.0\. Add"):
        drift_suite("fake", ("1.0", "3.0"), work=tmp_path / "work")


def test_two_versions_are_two(tmp_path, peers):
    with pytest.raises(InputError, match="name two versions"):
        drift_suite("fake", ("1.0", "1.0"), work=tmp_path / "work")


def test_nothing_asked_is_an_error(tmp_path, peers, monkeypatch):
    others = [replace(story("a"), platforms={"other": ("plain",)})]
    monkeypatch.setattr("parity.drift.run.choose", lambda _select: others)
    with pytest.raises(InputError, match="none of these scenarios is asked of fake"):
        run(tmp_path)


# --- the command and the page --------------------------------------------------------------------

ASK = ["parity", "drift", "--platform", "fake", "--versions", "1.0", "2.0"]


def test_the_command_tells_and_writes_its_section_in_place(tmp_path, peers, capsys):
    page = tmp_path / "drift.md"
    page.write_text("# Version drift\n\nBy hand.\n")
    assert main([*ASK, "--out", str(page)]) == 0
    assert "2 answers of each version: 2 same to the bit" in capsys.readouterr().out
    first = page.read_text()
    assert first.startswith("# Version drift\n\nBy hand.\n\n<!-- drift of fake 1.0 2.0 -->")
    assert "`truefill parity drift --platform fake --versions 1.0 2.0`" in first
    assert first.endswith("Nothing changed.\n\n<!-- end of drift -->\n")
    page.write_text(first + "\nAfter.\n")
    peers("from wire import Unsupported; raise Unsupported('no | lots')")
    assert main([*ASK, "--out", str(page)]) == 1
    second = page.read_text()
    assert second.count("<!-- drift of") == 1
    assert second.endswith("<!-- end of drift -->\n\nAfter.\n")
    assert r"| `a`, `b` | plain | another outcome | fake 1.0 played; fake 2.0" in second
    assert r"no \| lots" in second


def test_json_is_one_document(peers, capsys):
    assert main([*ASK, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["platform"] == "fake"
    assert [one["scenario"] for one in told["scenarios"]] == ["a", "b"]


def test_a_version_that_cannot_be_installed_is_three(peers, monkeypatch, capsys):
    def absent(*_, **__):
        raise PeerMissing("fake 2.0 could not be built")

    monkeypatch.setattr("parity.drift.run.environment_of", absent)
    assert main(ASK) == 3
    assert capsys.readouterr().err == "error: fake 2.0 could not be built\n"


def test_versions_come_in_twos(peers, capsys):
    assert main(["parity", "drift", "--platform", "fake", "--versions", "1.0"]) == 2
    assert "requires 2 arguments" in capsys.readouterr().err
