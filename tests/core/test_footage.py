"""Windows of a film: whole, one after another, at the frames that `open_clips` then takes."""

from __future__ import annotations

import pytest

from workbench.core.footage import FilmFacts, Part, windows
from workbench.data.sampling import pick, pick_at


def test_a_film_is_cut_into_whole_windows_at_the_rate_of_training() -> None:
    film = FilmFacts(frames=300, seconds=10.0, fps=30.0)
    found = windows(film, 8, Part(), trained=4)  # every 7th frame: 43 of 300, 5 times 8
    assert [w.start for w in found] == [0.0, 1.8667, 3.7333, 5.6, 7.4667]
    assert found[0].rate == pytest.approx(30 / 7)
    assert found[2].end == pytest.approx(3.7333 + 8 * 7 / 30)
    for k, w in enumerate(found):
        chosen, rate = pick(film.frames, film.fps, frames=w.frames, fps=w.fps, start=w.start, length=w.length)
        assert chosen == list(range(56 * k, 56 * k + 56, 7))
        assert rate == pytest.approx(w.rate)


def test_the_own_rate_serves_where_that_of_training_is_unknown_or_higher() -> None:
    film = FilmFacts(frames=40, seconds=2.0, fps=20.0)
    for trained in (None, 60.0):
        found = windows(film, 16, Part(), trained)
        assert [(w.start, w.rate) for w in found] == [(0.0, 20.0), (0.8, 20.0)]


def test_a_part_too_short_for_the_rate_is_one_window_over_all_of_it() -> None:
    film = FilmFacts(frames=60, seconds=2.0, fps=30.0)
    (window,) = windows(film, 16, Part(), trained=4)
    assert (window.frames, window.fps, window.start, window.length) == (16, None, 0.0, None)
    chosen, rate = pick(60, 30.0, frames=16, fps=None)
    assert (chosen[0], chosen[-1]) == (0, 59)
    assert rate == pytest.approx(window.rate)
    (part,) = windows(film, 16, Part(low=0.5, high=1.5), trained=4)
    assert (part.start, part.length) == (0.5, 1.0)
    chosen, rate = pick(60, 30.0, frames=16, fps=None, start=part.start, length=part.length)
    assert (chosen[0], chosen[-1]) == (15, 44)
    assert rate == pytest.approx(part.rate)


def test_a_film_of_fewer_frames_gives_those() -> None:
    (window,) = windows(FilmFacts(frames=5, seconds=0.5, fps=10.0), 16, Part(), trained=4)
    assert window.frames == 5
    assert pick(5, 10.0, frames=5, fps=None)[0] == [0, 1, 2, 3, 4]


def test_a_film_without_times_gives_its_frames_without_a_rate() -> None:
    (window,) = windows(FilmFacts(frames=30, seconds=0.0), 16, Part(fps=4.0, low=3.0), trained=4)
    assert (window.frames, window.fps, window.start, window.rate) == (16, None, 0.0, 0.0)


def test_frames_at_uneven_times_are_cut_by_the_clock() -> None:
    times = [0.1 * k if k < 20 else 2.0 + 0.2 * (k - 20) for k in range(30)]
    film = FilmFacts(frames=30, seconds=4.0)
    found = windows(film, 4, Part(), trained=2)
    assert [w.start for w in found] == [0.0, 2.0]
    for w in found:
        chosen, rate = pick_at(times, 4.0, frames=w.frames, fps=w.fps, start=w.start, length=w.length)
        assert len(chosen) == 4
        assert rate == w.rate == 2.0


@pytest.mark.parametrize("part", [Part(low=-1.0), Part(low=99.0), Part(low=1.0, high=0.5), Part(fps=1e-3), Part(fps=1e6)])
@pytest.mark.parametrize("film", [FilmFacts(1, 0.04, 25.0), FilmFacts(7, 0.28, 25.0), FilmFacts(400, 16.0, 25.0), FilmFacts(400, 16.0)])
def test_whatever_is_asked_gives_a_window_that_can_be_read(part: Part, film: FilmFacts) -> None:
    for frames in (1, 16):
        for w in windows(film, frames, part, trained=4):
            asked = {"frames": w.frames, "fps": w.fps, "start": w.start, "length": w.length}
            if film.fps:
                chosen, _ = pick(film.frames, film.fps, **asked)
            else:
                chosen, _ = pick_at([k / 25 for k in range(film.frames)], film.seconds, **asked)
            assert len(chosen) == w.frames
