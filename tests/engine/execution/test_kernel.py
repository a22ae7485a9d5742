"""The cache notices every edit and leaves other packages' kernels alone."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from numba.core import config

from engine.execution import kernel

ROOT = Path(kernel.__file__).parents[2]
RUN = """
import sys
sys.path.insert(0, {root!r})
import numpy as np
from engine.execution import kernel
from engine.execution.search import find_extremes
bars = np.ones((1, 20))
blocks = np.empty((1, 2, 4))
find_extremes(bars, bars, bars, blocks)
print(kernel.CACHE)
print(sum(find_extremes.stats.cache_hits.values()))
"""


def run(root, home, **environment):
    """Where a fresh process caches its kernels, and how many it found there."""
    told = {"HOME": str(home), "PATH": "/usr/bin:/bin", **environment}
    command = [sys.executable, "-c", RUN.format(root=str(root))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=told)
    folder, hits = done.stdout.split()
    return Path(folder), int(hits)


@pytest.fixture
def sources(tmp_path):
    """A copy of the package's sources without its models, as if installed elsewhere."""
    package = tmp_path / "site" / "engine" / "execution"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").touch()
    for name in ("kernel", "search", "arrays", "records"):
        shutil.copy(ROOT / "engine" / "execution" / f"{name}.py", package)
    return package.parents[1]


def test_a_second_process_finds_the_first_ones_kernels_and_an_edit_elsewhere_does_not(
    sources, tmp_path
):
    first, hits = run(sources, tmp_path)
    assert (first.parent, hits) == (tmp_path / ".cache" / "truefill" / "numba", 0)
    assert run(sources, tmp_path) == (first, 1)
    with (sources / "engine" / "execution" / "records.py").open("a") as other:
        other.write("# an edit in another file\n")
    second, hits = run(sources, tmp_path)
    assert second != first
    assert hits == 0


def test_the_users_cache_folder_is_respected(sources, tmp_path):
    folder, _ = run(sources, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "mine"))
    assert folder.parent == tmp_path / "mine"


def test_without_a_home_to_write_to_the_process_has_a_folder_of_its_own(sources, tmp_path):
    (tmp_path / "file").touch()
    folder, hits = run(sources, tmp_path / "file")
    assert hits == 0
    assert tmp_path not in folder.parents


def test_decorating_leaves_numbas_own_setting_as_it_was():
    before = config.CACHE_DIR
    kernel.entry(lambda a: a)
    assert before == config.CACHE_DIR


def test_the_kernels_of_another_package_are_kept_by_its_own_sources(tmp_path):
    source = tmp_path / "package" / "loops.py"
    source.parent.mkdir()
    source.write_text("a = 1\n")
    first = kernel.cache_folder(source.parent)
    assert first == kernel.cache_folder(source.parent)
    assert first.parent == kernel.CACHE.parent
    source.write_text("a = 2\n")
    assert kernel.cache_folder(source.parent) not in (first, kernel.CACHE)
