from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from workbench.core.errors import Cancelled
from workbench.core.progress import Pace, listening, part, report


def test_reports_reach_whoever_listens() -> None:
    heard: list[tuple[int, int]] = []
    with listening(lambda done, total: heard.append((done, total))):
        report(1, 3)
        report(2, 3)
    report(3, 3)
    assert heard == [(1, 3), (2, 3)]


def test_the_inner_listener_hears_and_the_outer_comes_back() -> None:
    outer: list[int] = []
    inner: list[int] = []
    with listening(lambda done, _: outer.append(done)):
        with listening(lambda done, _: inner.append(done)):
            report(1, 0)
        report(2, 0)
    assert (outer, inner) == ([2], [1])


def test_a_listener_stops_the_work_where_it_reports() -> None:
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise Cancelled

    steps: list[int] = []

    def work() -> None:
        for k in range(5):
            report(k, 5)
            steps.append(k)

    with listening(stop), pytest.raises(Cancelled):
        work()
    assert steps == [0, 1]
    report(2, 5)


def test_another_thread_is_not_listened_to_unless_its_context_is_given() -> None:
    heard: list[int] = []
    with listening(lambda done, _: heard.append(done)), ThreadPoolExecutor(1) as pool:
        pool.submit(report, 1, 0).result()
        pool.submit(copy_context().run, report, 2, 0).result()
    assert heard == [2]


def test_parts_of_a_whole_are_heard_as_one_work_that_only_goes_on() -> None:
    heard: list[tuple[int, int]] = []
    with listening(lambda done, total: heard.append((done, total))):
        for k in range(2):
            with part(k, 2):
                for half in range(2):
                    with part(half, 2):
                        report(1, 2)
                report(0, 0)
    known = [done / total for done, total in heard if total]
    assert known == sorted(known)
    assert {0.125, 0.375, 0.625, 0.875} <= set(known)
    assert heard.count((0, 0)) == 2
    with part(0, 2):
        report(1, 2)


def test_rate_and_time_left_count_from_the_first_report() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    assert pace.sentence(1000, 5000, "clips") == "1000 of 5000 clips"
    now[0] = 10.0
    assert pace.sentence(1400, 5000, "clips") == "1400 of 5000 clips, 40.0 a second, 1:30 left"
    now[0] = 4000.0
    assert pace.sentence(2000, 5000, "clips") == "2000 of 5000 clips, 0.2 a second, 3:20:00 left"
