"""Kernels share processors with nobody who is several threads already."""

from __future__ import annotations

import threading

from engine.execution.arrays import in_this_thread, processors, spans, threaded


def names_of(tasks: int) -> set[str]:
    return set(
        threaded(lambda _task: threading.current_thread().name, [(n,) for n in range(tasks)])
    )


def test_kernels_run_on_the_thread_of_a_caller_who_is_one_of_several():
    own = threading.current_thread().name
    with in_this_thread():
        assert processors() == 1
        assert names_of(8) == {own}


def test_what_one_thread_says_binds_no_other():
    told = []
    with in_this_thread():
        other = threading.Thread(target=lambda: told.append(processors()))
        other.start()
        other.join()
    assert told == [processors()]


def test_it_ends_with_the_block_even_inside_another_and_after_an_error():
    before = processors()
    with in_this_thread():
        try:
            with in_this_thread():
                raise ValueError
        except ValueError:
            pass
        assert processors() == 1
    assert processors() == before


def test_results_keep_the_order_of_their_tasks():
    assert threaded(lambda a, b: a * b, [(n, 2) for n in range(50)]) == list(range(0, 100, 2))


def test_spans_cover_everything_once():
    assert spans(10, 3) == [(0, 3), (3, 6), (6, 10)]
    assert spans(2, 8) == [(0, 1), (1, 2)]
