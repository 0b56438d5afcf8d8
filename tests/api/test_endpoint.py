"""Requests are split into path, query and body, the same way for every program."""

from __future__ import annotations

from datetime import UTC, datetime

from tonearm_api.errors import Problem, TonearmError, TruncatedAudio, all_errors, error_from_problem
from tonearm_api.library import EDIT_TRACK, LIST_TRACKS, EditTrack, ListTracks, Sort
from tonearm_api.plays import REPORT_PLAY, NewPlay


def test_fields_of_the_path_travel_there_and_the_rest_in_the_body() -> None:
    play = NewPlay(id="abc", play_id="12345678", started_at=datetime(2026, 1, 2, tzinfo=UTC), listened_ms=5)

    path, rest = REPORT_PLAY.split(play)

    assert path == "/api/v1/tracks/abc/plays"
    assert rest == {"play_id": "12345678", "started_at": "2026-01-02T00:00:00Z", "listened_ms": 5}


def test_fields_that_are_not_set_do_not_travel() -> None:
    assert EDIT_TRACK.split(EditTrack(id="abc", album=None)) == ("/api/v1/tracks/abc", {"album": None})
    assert LIST_TRACKS.split(ListTracks(sort=Sort.TITLE)) == ("/api/v1/tracks", {"sort": "title"})


def test_codes_are_unique() -> None:
    codes = [error.code for error in all_errors()]

    assert sorted(set(codes)) == sorted(codes)


def test_every_error_survives_the_wire() -> None:
    for kind in all_errors():
        problem = Problem(type="", title=kind.title, status=kind.status, detail="why", code=kind.code)

        error = error_from_problem(problem)

        assert (type(error), error.detail) == (kind, "why")


def test_an_unknown_code_falls_back_on_its_status() -> None:
    problem = Problem(type="", title="", status=404, detail="", code="from_the_future")

    assert error_from_problem(problem).status == 404
    assert isinstance(error_from_problem(problem), TonearmError)


def test_a_refusal_says_what_it_is_without_detail() -> None:
    assert TruncatedAudio().detail == "The file ends before the length that it declares"
