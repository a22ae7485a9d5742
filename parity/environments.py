"""A peer runs in an environment of its own, built once from exact pins and kept under ``.peers``.

The folder's name holds the digest of the pins and of the Python release line, so a changed pin is
another folder. A folder counts only once its marker says that the peer was imported and is the
version asked for; two processes never build at once.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import PeerMissing
from engine.store.aside import write_text_aside
from engine.store.digest import json_digest
from parity.platforms import Platform

PROJECT = Path(__file__).resolve().parents[1]
MARKER = "ready.json"
OLDEST = (3, 11)
PROBE = "import platform; print(platform.python_version())"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Environment:
    """A ready environment: its interpreter, what it holds, and its digest.

    ``about`` is what the peer says of itself: platform, version, python, packages.
    """

    python: Path
    digest: str
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that an environment can be made from."""

    path: str
    version: str

    @property
    def line(self) -> str:
        """The release line, for example 3.11."""
        return ".".join(self.version.split(".")[:2])


def environment_of(
    platform: Platform, *, build: bool = True, say: Say = lambda _text: None
) -> Environment:
    """The platform's environment, built when it is absent and ``build`` allows it.

    Raises PeerMissing (exit code 3) when it is absent or cannot be built. ``say`` hears one line
    per step. Set TRUEFILL_PEERS to keep the environments elsewhere.
    """
    base = interpreter_for(platform)
    digest = environment_digest(platform, base.line)
    folder = peers_folder() / f"{platform.name}-{digest[:12]}"
    ready = read_ready(folder, platform, digest)
    if ready is None and not build:
        raise PeerMissing(
            f"{platform.name} {platform.version} is not installed in {folder}; "
            f"build it with: truefill parity record --platform {platform.name}"
        )
    if ready is None:
        with alone_in(folder, say):
            ready = read_ready(folder, platform, digest) or construct(
                platform, base, folder, digest, say
            )
    return ready


def environment_digest(platform: Platform, python_line: str) -> str:
    """What decides an environment's content: its pins and the Python release line."""
    lines = platform.requirements.read_text(encoding="utf-8").splitlines()
    pins = sorted(line.strip() for line in lines if line.strip() and not line.startswith("#"))
    return json_digest({"pins": pins, "python": python_line})


def peers_folder() -> Path:
    """Where environments are kept: TRUEFILL_PEERS, else ``.peers`` in the project."""
    given = os.environ.get("TRUEFILL_PEERS")
    return Path(given).expanduser().resolve() if given else PROJECT / ".peers"


def interpreter_for(platform: Platform) -> Interpreter:
    """The release line the platform was proven on, else the Python that runs this."""
    own = Interpreter(sys.executable, ".".join(map(str, sys.version_info[:3])))
    if own.line == platform.python:
        return own
    uv = uv_command()
    places = [shutil.which(f"python{platform.python}")]
    places += [_found_by(uv, platform.python)] if uv else []
    for place in filter(None, places):
        version = _answer([place, "-c", PROBE])
        if version and version.rpartition(".")[0] == platform.python:
            return Interpreter(place, version)
    if sys.version_info[:2] < OLDEST:
        raise PeerMissing(
            f"{platform.name} needs Python {platform.python} or newer; install "
            f"python{platform.python}, only Python {own.version} was found"
        )
    return own


def uv_command() -> list[str] | None:
    """Uv beside this Python, on the PATH, or as a module; None where there is none."""
    beside = Path(sys.executable).with_name("uv")
    if beside.exists():
        return [str(beside)]
    found = shutil.which("uv")
    if found:
        return [found]
    return [sys.executable, "-m", "uv"] if importlib.util.find_spec("uv") else None


def peer_environ() -> dict[str, str]:
    """The variables a peer sees: none that steer Python, Numba or an enclosing environment."""
    steering = ("PYTHON", "NUMBA_", "VIRTUAL_ENV", "UV_PROJECT", "COVERAGE")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(steering)}
    return {**kept, "PYTHONHASHSEED": "0", "PYTHONNOUSERSITE": "1"}


def read_ready(folder: Path, platform: Platform, digest: str) -> Environment | None:
    """The environment in a folder, if its marker vouches for it."""
    python = folder / "bin" / "python"
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        fits = marker["digest"] == digest and marker["about"]["version"] == platform.version
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Environment(python, digest, marker["about"]) if fits and python.exists() else None


def construct(
    platform: Platform, base: Interpreter, folder: Path, digest: str, say: Say
) -> Environment:
    """Install the pins with uv, else with pip; then import the peer; only then mark it ready."""
    if base.line != platform.python:
        say(f"Python {platform.python} was not found; {platform.name} gets Python {base.version}")
    problems = []
    for name, commands in installers(base, folder, platform.requirements):
        say(f"installing {platform.name} {platform.version} for Python {base.version} with {name}")
        shutil.rmtree(folder, ignore_errors=True)
        problem = next(filter(None, map(_problem, commands)), None)
        if problem is None:
            about = check_import(platform, folder)
            text = json.dumps({"digest": digest, "about": about}, indent=1, sort_keys=True)
            write_text_aside(folder / MARKER, text + "\n")
            return Environment(folder / "bin" / "python", digest, about)
        problems.append(f"{name}: {problem}")
    shutil.rmtree(folder, ignore_errors=True)
    raise PeerMissing(
        f"the environment of {platform.name} {platform.version} could not be built in {folder}.\n"
        + "\n".join(f"  {problem}" for problem in problems)
        + f"\nIt needs a package index that holds the pins of {platform.requirements}. Check the "
        "network, or set TRUEFILL_PEERS to a folder in which it was built before."
    )


def installers(
    base: Interpreter, folder: Path, requirements: Path
) -> Iterator[tuple[str, list[list[str]]]]:
    """Commands that make the environment, best first.

    pip is tried when uv fails as well: each knows index settings the other does not read.
    """
    python = str(folder / "bin" / "python")
    uv = uv_command()
    if uv:
        make = [*uv, "venv", "--quiet", "--no-project", "--python", base.path, str(folder)]
        fill = [*uv, "pip", "install", "--quiet", "--python", python, "-r", str(requirements)]
        yield "uv", [make, fill]
    make = [base.path, "-m", "venv", str(folder)]
    fill = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    yield "pip", [make, [*fill, "--retries", "1", "-r", str(requirements)]]


def check_import(platform: Platform, folder: Path) -> dict[str, Any]:
    """Import the peer in its environment and let it say what it is."""
    command = [str(folder / "bin" / "python"), str(platform.recorder), "--about"]
    done = _run(command)
    try:
        about: dict[str, Any] = json.loads(done.stdout)
        found = f"{about['platform']} {about['version']}"
    except (ValueError, KeyError, TypeError) as error:
        raise PeerMissing(
            f"{platform.name} was installed in {folder} but cannot be imported: {_last(done)}"
        ) from error
    if found != f"{platform.name} {platform.version}":
        raise PeerMissing(
            f"{folder} holds {found}, not {platform.name} {platform.version}; "
            f"mend the pin in {platform.requirements}"
        )
    return about


@contextmanager
def alone_in(folder: Path, say: Say) -> Iterator[None]:
    """Wait for the folder's lock and hold it; the system frees it when the holder dies."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(folder.name + ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that works in {folder}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, env=peer_environ(), check=False
        )
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", f"{command[0]}: {error.strerror}")


def _problem(command: list[str]) -> str | None:
    done = _run(command)
    return None if done.returncode == 0 else _last(done)


def _last(done: subprocess.CompletedProcess[str]) -> str:
    """The last words of a command, short enough for one message."""
    lines = map(str.strip, (done.stderr or done.stdout).splitlines())
    words = [line for line in lines if line and not line.startswith("WARNING")]
    return " ".join(words[-4:])[-600:] or f"exit code {done.returncode}"


def _answer(command: list[str]) -> str | None:
    done = _run(command)
    return done.stdout.strip() if done.returncode == 0 else None


def _found_by(uv: list[str], line: str) -> str | None:
    return _answer([*uv, "python", "find", "--no-project", line])
