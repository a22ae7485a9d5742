"""A column per platform: its idioms share a cell as long as they say the same."""

from typing import Any

from parity.report.columns import cell_of, columns_of

PLATFORMS = [
    {"id": "vec@1+numba", "name": "vec", "version": "1", "idiom": "numba"},
    {"id": "vec@1+rust", "name": "vec", "version": "1", "idiom": "rust"},
    {"id": "zip@3+exact", "name": "zip", "version": "3", "idiom": "exact"},
]


def scenario(**statuses: str) -> dict[str, Any]:
    ids = {platform["idiom"]: platform["id"] for platform in PLATFORMS}
    told = {ids[idiom]: {"status": s, "counts": {"fills": 1}} for idiom, s in statuses.items()}
    return {"verdicts": told}


def cells(**statuses: str) -> list[str]:
    story = scenario(**statuses)
    columns = columns_of(PLATFORMS, [scenario(numba="agrees", exact="agrees")])
    return [", ".join(word.text for word in cell_of(story, column)) for column in columns]


def test_a_platform_nobody_is_asked_of_has_no_column() -> None:
    assert [column.title for column in columns_of(PLATFORMS, [scenario(rust="agrees")])] == [
        "vec 1"
    ]


def test_idioms_that_agree_share_one_word() -> None:
    assert cells(numba="agrees", rust="agrees") == ["agrees", "-"]


def test_an_idiom_that_was_not_asked_is_not_vouched_for() -> None:
    assert cells(numba="agrees", exact="agrees") == ["agrees (numba)", "agrees"]


def test_idioms_that_differ_are_named() -> None:
    assert cells(numba="agrees", rust="diverges") == ["agrees (numba), DIVERGES (rust)", "-"]
