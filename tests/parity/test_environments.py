"""A peer's environment is built once, from pins, and counts only when the peer was imported."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fake_peer import FAKE, install

from engine.errors import PeerMissing
from parity import environments
from parity.environments import (
    Environment,
    Interpreter,
    environment_digest,
    environment_of,
    interpreter_for,
    peer_environ,
    peers_folder,
)

OWN = ".".join(map(str, sys.version_info[:2]))
PLATFORM = replace(FAKE, python=OWN)
SPEAKS = """
import json, platform
about = {"platform": "fake", "version": "1.0", "python": platform.python_version(), "packages": {}}
print(json.dumps(about))
"""


@pytest.fixture(autouse=True)
def peers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("parity.platforms.PEERS", tmp_path / "peers")
    monkeypatch.setenv("TRUEFILL_PEERS", str(tmp_path / "built"))
    return install(tmp_path / "peers", SPEAKS, "# only the standard library\n")


def without_pip(*_: object) -> Iterator[tuple[str, list[list[str]]]]:
    yield "none", [[sys.executable, "-c", "raise SystemExit('the index is out of reach')"]]


def test_it_is_built_once_and_found_again(peers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    built = environment_of(PLATFORM, say=heard.append)
    assert built.python.is_relative_to(peers_folder())
    assert built.about["version"] == "1.0"
    assert len(heard) == 1
    monkeypatch.setattr(environments, "installers", without_pip)
    assert environment_of(PLATFORM, build=False) == built
    assert environment_of(PLATFORM, say=heard.append) == built
    assert len(heard) == 1


def test_a_folder_without_its_marker_does_not_count(peers: Path) -> None:
    built = environment_of(PLATFORM)
    (built.python.parents[1] / "ready.json").unlink()
    with pytest.raises(PeerMissing, match="truefill parity record --platform fake"):
        environment_of(PLATFORM, build=False)
    assert environment_of(PLATFORM) == built


@pytest.mark.parametrize("text", ["", "[]", '{"digest": "x"}', '{"digest": "x", "about": 1}'])
def test_a_marker_of_nonsense_does_not_count(peers: Path, text: str) -> None:
    digest = environment_digest(PLATFORM, OWN)
    folder = peers_folder() / f"fake-{digest[:12]}"
    folder.mkdir(parents=True)
    (folder / "ready.json").write_text(text)
    with pytest.raises(PeerMissing):
        environment_of(PLATFORM, build=False)


def test_what_cannot_be_installed_is_said_with_what_to_do(
    peers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "installers", without_pip)
    with pytest.raises(PeerMissing) as raised:
        environment_of(PLATFORM)
    for word in ("fake 1.0", "the index is out of reach", "network", "TRUEFILL_PEERS"):
        assert word in str(raised.value)
    assert raised.value.exit_code == 3
    assert not list(peers_folder().glob("fake-*/"))


def test_a_pin_that_nobody_offers_is_named(peers: Path) -> None:
    (peers / "requirements.txt").write_text(f"{peers.as_uri()}/absent-1.0-py3-none-any.whl\n")
    with pytest.raises(PeerMissing, match=r"absent-1\.0"):
        environment_of(PLATFORM)


def test_a_peer_that_cannot_be_imported_is_not_ready(peers: Path) -> None:
    (peers / "recorder.py").write_text("import the_peer_that_is_not_there")
    with pytest.raises(PeerMissing, match="the_peer_that_is_not_there"):
        environment_of(PLATFORM)
    with pytest.raises(PeerMissing):
        environment_of(PLATFORM, build=False)


def test_a_peer_of_another_version_is_not_the_one_asked_for(peers: Path) -> None:
    with pytest.raises(PeerMissing, match=r"holds fake 1\.0, not fake 2\.0"):
        environment_of(replace(PLATFORM, version="2.0"))


def test_the_digest_is_of_pins_and_release_line_only(peers: Path) -> None:
    before = environment_digest(PLATFORM, "3.11")
    (peers / "requirements.txt").write_text("# a remark\n\n")
    assert environment_digest(PLATFORM, "3.11") == before
    assert environment_digest(PLATFORM, "3.12") != before
    (peers / "requirements.txt").write_text("numpy==2.4.6\n")
    assert environment_digest(PLATFORM, "3.11") != before


def test_another_python_serves_where_the_proven_one_is_absent(peers: Path) -> None:
    platform = replace(PLATFORM, python="3.99")
    assert interpreter_for(platform) == Interpreter(
        sys.executable, ".".join(map(str, sys.version_info[:3]))
    )
    heard: list[str] = []
    environment_of(platform, say=heard.append)
    assert heard[0].startswith("Python 3.99 was not found; fake gets Python")


def test_two_builders_take_turns(peers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Path] = []

    def slow(platform: object, base: object, folder: Path, digest: str, say: object) -> Environment:
        built.append(folder)
        time.sleep(0.2)
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").touch()
        about = {"version": "1.0"}
        (folder / "ready.json").write_text(json.dumps({"digest": digest, "about": about}))
        return Environment(folder / "bin" / "python", digest, about)

    monkeypatch.setattr(environments, "construct", slow)
    found: list[Environment] = []
    threads = [
        threading.Thread(target=lambda: found.append(environment_of(PLATFORM))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1
    assert found == [found[0]] * 3


def test_a_peer_does_not_see_what_steers_our_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("MY_INDEX", "kept")
    seen = peer_environ()
    assert "NUMBA_DISABLE_JIT" not in seen
    assert "PYTHONPATH" not in seen
    assert seen["MY_INDEX"] == "kept"
