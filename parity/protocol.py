"""Ask a peer: write requests, run its recorder in its own process, read what it recorded.

A peer is not trusted. One that crashes, hangs, answers nonsense, answers for another version or
for another request gives Failed, never tables.
"""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import polars as pl

from engine.errors import InputError, PeerFailed
from engine.schema import TABLES, TIME, conform
from parity.environments import Environment, peer_environ
from parity.outcome import Failed, Outcome, Recorded, Refused, Unsupported
from parity.peers import wire
from parity.platforms import Platform
from scenarios.bundle import save_bundle
from scenarios.scenario import Scenario

TRADES = ("trades", "entry_trades", "positions")
Progress = Callable[[str, str], None]
"""Hears a scenario's name and its outcome's word as the recorder comes to it."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What a peer made of one request: the outcome, its head as written, and its folder."""

    outcome: Outcome
    head: Mapping[str, Any]
    folder: Path


def request_of(scenario: Scenario, platform: Platform) -> Scenario:
    """What the peer is told: bars, script, account and its own options; no prose, no answer."""
    return replace(
        scenario,
        title="",
        topic="",
        rule="",
        options={platform.name: scenario.options.get(platform.name, {})},
        features=(),
        platforms={},
        source="",
    )


def ask(
    platform: Platform,
    environment: Environment,
    scenarios: Iterable[Scenario],
    work: Path,
    *,
    progress: Progress = lambda _name, _outcome: None,
    timeout: float = 600.0,
) -> dict[str, Recording]:
    """Play scenarios on the real platform; every one of them gets a recording.

    ``work`` keeps requests and recordings: asked again, cases recorded there for just the same
    request by just the same recorder are not played again. ``timeout`` is the longest silence in
    seconds. A case that takes the whole recorder down is Failed and the rest is still played.
    """
    cases = {scenario.name: scenario for scenario in scenarios}
    requests, recordings = work / "requests", work / "recordings"
    shutil.rmtree(requests, ignore_errors=True)
    requests.mkdir(parents=True)
    recordings.mkdir(parents=True, exist_ok=True)
    for scenario in cases.values():
        save_bundle(request_of(scenario, platform), requests / scenario.name)
    asked = {name: wire.request_digest(requests / name, platform.options) for name in cases}
    end = _play_out(platform, environment, work, asked, progress, timeout)
    return {
        name: read_recording(recordings / name, platform, scenario, asked[name], end)
        for name, scenario in cases.items()
    }


def _play_out(
    platform: Platform,
    environment: Environment,
    work: Path,
    asked: Mapping[str, str],
    progress: Progress,
    timeout: float,
) -> str:
    """Run the recorder until no case is left, passing over a case that takes it down.

    Recorders play in the order of the names, so the first case without a recording is the culprit.
    Two runs in a row that record nothing end it. Returns how the last run ended, "" when well.
    """
    left, barren = sorted(asked), 0
    recorder = wire.recorder_digest(platform.recorder)
    while True:
        end = run_recorder(platform, environment, work, progress=progress, timeout=timeout)
        open_ = [n for n in left if not _answered(work / "recordings" / n, asked[n], recorder)]
        barren = 0 if len(open_) < len(left) else barren + 1
        if not end or not open_:
            return end
        culprit, *left = open_
        head = {"outcome": "failed", "message": end, "request": asked[culprit]}
        wire.write_recording(work / "recordings" / culprit, {**head, "recorder": recorder}, {})
        shutil.rmtree(work / "requests" / culprit)
        progress(culprit, "failed")
        if not left or barren == 2:
            return end


def run_recorder(
    platform: Platform,
    environment: Environment,
    work: Path,
    *,
    progress: Progress = lambda _name, _outcome: None,
    timeout: float = 600.0,
) -> str:
    """One run over ``work/requests``; "" when it ended well, else how it ended.

    Raises PeerFailed only when the recorder cannot even be started.
    """
    options = json.dumps(wire.words(dict(platform.options)), sort_keys=True)
    folders = [str(work / "requests"), str(work / "recordings")]
    command = [str(environment.python), str(platform.recorder), *folders, "--options", options]
    with tempfile.TemporaryFile("w+", errors="replace") as stderr:
        try:
            peer = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=peer_environ()
            )
        except OSError as error:
            raise PeerFailed(f"{platform.id}: cannot start {command[0]}: {error}") from error
        silent = _listen(peer, progress, timeout)
        stderr.seek(0)
        tail = "\n".join(stderr.read()[-4000:].splitlines()[-12:])
    if silent:
        return f"the recorder said nothing for {timeout:g} s and was stopped\n{tail}".rstrip()
    if peer.returncode:
        return f"the recorder ended with exit code {peer.returncode}\n{tail}".rstrip()
    return ""


def _listen(peer: subprocess.Popen[str], progress: Progress, timeout: float) -> bool:
    """Pass on progress until the peer ends; True if it fell silent and had to be stopped."""
    assert peer.stdout is not None
    lines: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_pump, args=(peer.stdout, lines), daemon=True)
    reader.start()
    silent = False
    try:
        while (line := lines.get(timeout=timeout)) is not None:
            _report(line, progress)
        peer.wait(timeout=timeout)
    except (queue.Empty, subprocess.TimeoutExpired):
        silent = True
    finally:
        if peer.poll() is None:
            peer.kill()
            peer.wait()
    return silent


def _pump(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _report(line: str, progress: Progress) -> None:
    """Progress is for people; a line that is none is passed over, the recordings decide."""
    try:
        said = json.loads(line)
        progress(str(said["case"]), str(said["outcome"]))
    except (ValueError, KeyError, TypeError):
        return


def _answered(folder: Path, request: str, recorder: str) -> bool:
    try:
        head = json.loads((folder / wire.HEAD).read_text(encoding="utf-8"))
        return bool(head["request"] == request and head["recorder"] == recorder)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def read_recording(
    folder: Path, platform: Platform, scenario: Scenario, request: str, end: str = ""
) -> Recording:
    """Believe a recording only if it is whole and answers this very request.

    ``end`` says how the recorder's run ended, for a case that has no recording at all.
    """
    head: Mapping[str, Any] = {}
    try:
        head = _head(folder, end)
        if head.get("outcome") == "failed":
            return Recording(Failed(str(head.get("message", ""))), head, folder)
        _identify(head, platform, request)
        return Recording(_outcome(head, folder, scenario), head, folder)
    except (InputError, PeerFailed) as error:
        return Recording(Failed(f"{platform.id}: {scenario.name}: {error}"), head, folder)


def _head(folder: Path, end: str) -> Mapping[str, Any]:
    try:
        head = json.loads((folder / wire.HEAD).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        why = f": {end}" if end else ""
        raise PeerFailed(f"there is no recording in {folder}{why}") from error
    except (OSError, ValueError) as error:
        raise PeerFailed(f"{folder / wire.HEAD} is not JSON: {error}") from error
    if not isinstance(head, dict):
        raise PeerFailed(f"{folder / wire.HEAD} must hold one JSON object")
    return head


def _identify(head: Mapping[str, Any], platform: Platform, request: str) -> None:
    """Another platform, version, idiom, recorder or request is another answer."""
    wanted = {
        "platform": platform.name,
        "version": platform.version,
        "idiom": platform.idiom,
        "request": request,
        "recorder": wire.recorder_digest(platform.recorder),
    }
    for key, value in wanted.items():
        if head.get(key) != value:
            raise PeerFailed(f"the recording's {key} is {head.get(key)!r}, asked was {value!r}")


def _outcome(head: Mapping[str, Any], folder: Path, scenario: Scenario) -> Outcome:
    word, reason = head.get("outcome"), str(head.get("reason", ""))
    if word == "recorded":
        return Recorded(read_tables(folder, scenario))
    if word not in ("unsupported", "refused"):
        raise PeerFailed(f"{folder / wire.HEAD}: outcome {word!r} is no outcome")
    if not reason:
        raise PeerFailed(f"{folder / wire.HEAD}: {word} needs a reason")
    if word == "unsupported":
        return Unsupported(reason)
    return Refused(reason, str(head.get("message", "")))


def read_tables(folder: Path, scenario: Scenario) -> dict[str, pl.DataFrame]:
    """Every table in its schema; a platform may count no trades, or in one way, or in all three."""
    held = [name for name in TABLES if (folder / f"{name}.parquet").is_file()]
    trades = [name for name in TRADES if name in held]
    if trades not in ([], ["trades"], list(TRADES)):
        raise PeerFailed(f"{folder} holds {trades} but not all of {list(TRADES)}")
    lacking = [name for name in TABLES if name not in held and name not in TRADES]
    if lacking:
        raise PeerFailed(f"{folder} lacks {', '.join(f'{name}.parquet' for name in lacking)}")
    tables = {name: read_table(folder / f"{name}.parquet", name) for name in held}
    for name, table in tables.items():
        _check_table(folder / f"{name}.parquet", table, scenario)
    return tables


def read_table(path: Path, name: str) -> pl.DataFrame:
    """One stored table, conformed; an unreadable file is an error that names it."""
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file: {error}") from error
    return conform(frame, TABLES[name], where=str(path))


def _check_table(path: Path, table: pl.DataFrame, scenario: Scenario) -> None:
    """Every cell is filled, every time is a bar's, every symbol is the scenario's."""
    holes = [name for name in table.columns if table[name].null_count()]
    if holes:
        raise PeerFailed(f"{path}: columns {holes} have missing cells")
    clock = scenario.bars["timestamp"].unique()
    for name, dtype in table.schema.items():
        if dtype == TIME and not table[name].is_in(clock.implode()).all():
            raise PeerFailed(f"{path}: column {name!r} holds a time at which there is no bar")
    if "symbol" in table.columns and not set(table["symbol"]) <= set(scenario.symbols):
        raise PeerFailed(f"{path}: holds symbols other than {list(scenario.symbols)}")
    if "account" in table.columns and table.height % clock.len():
        raise PeerFailed(f"{path}: {table.height} rows are not {clock.len()} for every account")
