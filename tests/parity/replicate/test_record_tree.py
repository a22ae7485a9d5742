"""Trees made by vectorbt itself, and what is left when it cannot be asked."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from trees import files_of, run

from engine.errors import PeerFailed, PeerMissing
from parity.environments import environment_of
from parity.platforms import find_platforms
from parity.replicate import record
from parity.replicate.record import Plan, differing_files, record_tree

SMALL = Plan(("SOL_longshort", "XRP_long", "XRP_short"), batches=1, strategies=5, seed=77)


@pytest.mark.peer
def test_a_fresh_tree_of_every_direction_replicates_to_the_bit(tmp_path: Path) -> None:
    try:
        environment_of(find_platforms("vectorbt")[0])
    except PeerMissing as error:
        pytest.skip(str(error))
    told = record_tree(tmp_path / "tree", SMALL)
    assert told["strategies"] == 15
    assert differing_files(tmp_path / "tree") == []
    document = run(tmp_path / "tree", tmp_path / "out")
    assert document["exit_code"] == 0
    assert document["criteria"]["exact"] == 15
    assert document["trades"]["theirs"] > 100


@pytest.mark.parametrize("crash", ["raise SystemExit(7)", "print('no json')"])
def test_a_platform_that_fails_leaves_no_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crash: str
) -> None:
    script = tmp_path / "peer.py"
    script.write_text(crash, encoding="utf-8")
    peer = SimpleNamespace(python=Path(sys.executable), digest="0", about={"version": "0"})
    monkeypatch.setattr(record, "environment_of", lambda *_args, **_more: peer)
    monkeypatch.setattr(record, "RECORDER", script)
    with pytest.raises(PeerFailed):
        record_tree(tmp_path / "trees" / "mine", SMALL)
    assert files_of(tmp_path / "trees") == {}


def test_the_same_seed_asks_the_same(tmp_path: Path) -> None:
    for name in ("one", "two"):
        asked = record.Asked("long", 1, 6, 5)
        record.write_batch(tmp_path / name, record.pl.arange(0, 900, eager=True).to_numpy(), asked,
                           record.Draw())  # fmt: skip
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
