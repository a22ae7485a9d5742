"""What a run frees serves the next one, unless the user has told the C library otherwise."""

import os
import platform
import subprocess
import sys

import pytest

from engine.execution.memory import CHOICES, keep_freed

# Two columns of a million bars, written and freed; the pages the system had to hand out since.
FAULTS = """
import resource
import numpy as np
if {asked}:
    import engine.execution

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(1_000_000), np.ones(1_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

told = [faults() for _ in range(6)]
print(told[-1])
"""


def pages(asked: bool) -> int:
    plain = {name: text for name, text in os.environ.items() if name not in CHOICES}
    code = FAULTS.format(asked=asked)
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**plain, "NUMPY_MADVISE_HUGEPAGE": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(told.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only GNU's C library can be asked")
def test_the_second_million_bars_need_no_fresh_pages():
    assert pages(asked=False) > 1000
    assert pages(asked=True) < 100


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_of_the_users_stands(name):
    assert not keep_freed({name: "131072"})
