"""ls, search, info, like, unlike, edit, rm against a real server."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from tests.cli.conftest import MakeSong
from tests.cli.console import on_terminal, tonearm
from tests.support import upload

from tonearm_api.client import Client
from tonearm_api.errors import NotFound
from tonearm_api.library import ListTracks, Track, Visibility

pytestmark = pytest.mark.usefixtures("login")


@pytest.fixture
async def track(owner: Client, song: MakeSong) -> Track:
    """The same ready track for each test of this module."""
    return await upload(owner, song(title="Night Train", artist="The Pines"))


@pytest.fixture
async def foreign(owner: Client, song: MakeSong) -> Track:
    return await upload(owner, song("wide.flac", title="東京の夜", artist="椎名 [live] مرحبا", pitch_hz=550))


async def test_ls_on_a_pipe_is_one_line_of_fields_a_track(track: Track) -> None:
    ran = await tonearm("ls", "--artist", "the pines")

    assert [[track.id, "Night Train", "The Pines", "Album", "0:01", "", "ready"]] == ran.rows
    assert ran.stderr == ""


async def test_ls_as_json_is_one_document(track: Track) -> None:
    ran = await tonearm("ls", "--artist", "The Pines", "--json")

    assert (ran.document["v"], ran.document["next_cursor"]) == (1, None)
    assert [track.id] == [item["id"] for item in ran.document["tracks"]]


async def test_ls_says_when_there_is_more(track: Track, foreign: Track) -> None:
    ran = await tonearm("ls", "--limit", "1")

    assert [foreign.id] == [row[0] for row in ran.rows]
    assert "--all" in ran.stderr


async def test_ls_sorted_by_title_reads_every_page(owner: Client, track: Track, foreign: Track) -> None:
    page = await owner.list_tracks(ListTracks(limit=200))

    ran = await tonearm("ls", "--all", "--sort", "title")

    assert sorted(item.id for item in page.items) == sorted(row[0] for row in ran.rows)
    assert ran.rows[0][1] == "Night Train"


async def test_ls_of_nothing_says_what_to_do() -> None:
    ran = await tonearm("ls", "--artist", "Nobody at all")

    assert (ran.code, ran.stdout) == (0, "")
    assert "tonearm upload" in ran.stderr


async def test_quiet_prints_data_alone() -> None:
    ran = await tonearm("ls", "--artist", "Nobody at all", "--quiet")

    assert (ran.code, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.parametrize("columns", [120, 80, 50])
async def test_on_a_terminal_columns_line_up_whatever_the_script(track: Track, foreign: Track, columns: int) -> None:
    code, lines = await on_terminal("ls", "--limit", "2", columns=columns)

    rows = [(line, item.id) for line in lines for item in (track, foreign) if item.id in line]
    at = {cell_len(line.partition(track_id)[0]) for line, track_id in rows}
    assert (code, len(rows), len(at)) == (0, 2, 1)
    assert all("\t" not in line for line in lines)


async def test_search_finds_tracks_albums_and_artists(track: Track) -> None:
    ran = await tonearm("search", "pines")

    assert ["track", track.id] == ran.rows[0][:2]
    assert ["artist", "The Pines", "1"] in ran.rows


async def test_search_as_json_has_the_three_kinds(track: Track) -> None:
    ran = await tonearm("search", "night", "tra", "--json")

    assert {"v", "tracks", "albums", "artists"} == set(ran.document)
    assert track.id == ran.document["tracks"][0]["id"]


async def test_info_shows_what_is_known(track: Track) -> None:
    ran = await tonearm("info", track.id)

    said = dict(ran.rows)
    assert (said["title"], said["seen by"]) == ("Night Train", "everyone signed in")
    assert said["audio"].startswith("FLAC · 44.1 kHz · stereo")


async def test_info_on_an_unknown_id_is_exit_3() -> None:
    ran = await tonearm("info", "nothing", "--json")

    assert (ran.code, ran.stdout) == (3, "")
    assert ran.error["code"] == "not_found"


async def test_like_and_unlike(owner: Client, track: Track) -> None:
    liked = await tonearm("like", track.id)
    shown = await tonearm("ls", "--liked")
    unliked = await tonearm("unlike", track.id, "--json")

    assert (liked.code, liked.stdout, liked.stderr) == (0, "", "liked 1 track\n")
    assert [[track.id, "liked"]] == [[row[0], row[5]] for row in shown.rows]
    assert {"v": 1, "unliked": [track.id]} == unliked.document
    assert (await owner.get_track(track.id)).liked is False


async def test_like_names_the_track_that_is_not_there(track: Track) -> None:
    ran = await tonearm("like", track.id, "missing")

    assert ran.code == 3
    assert "There is no track missing" in ran.stderr


async def test_a_failure_midway_says_what_was_done(owner: Client, track: Track) -> None:
    for_programs = await tonearm("like", track.id, "missing", "--json")
    for_people = await tonearm("like", track.id, "missing")

    assert (3, "not_found", [track.id]) == (for_programs.code, for_programs.error["code"], for_programs.error["done"])
    assert f"done before that: {track.id}\n" in for_people.stderr
    assert (await owner.get_track(track.id)).liked is True


async def test_edit_says_in_plain_words_what_is_out_of_range(track: Track) -> None:
    ran = await tonearm("edit", track.id, "--year", "99999")

    assert (ran.code, ran.stderr) == (2, "tonearm: --year: 9999 at most\n")


async def test_edit_changes_what_is_given_and_clears_what_is_empty(owner: Client, foreign: Track) -> None:
    ran = await tonearm("edit", foreign.id, "--title", "新しい", "--album", "", "--visibility", "private")

    changed = await owner.get_track(foreign.id)
    assert ran.code == 0
    assert (changed.title, changed.album, changed.visibility) == ("新しい", None, Visibility.PRIVATE)
    assert foreign.artist == changed.artist


async def test_edit_without_a_change_is_exit_2(track: Track) -> None:
    assert (await tonearm("edit", track.id)).code == 2


async def test_rm_asks_for_yes_where_nobody_can_answer(owner: Client, track: Track) -> None:
    ran = await tonearm("rm", track.id)

    assert ran.code == 2
    assert "--yes" in ran.stderr
    assert track.id == (await owner.get_track(track.id)).id


async def test_rm_on_a_terminal_shows_what_goes_and_takes_no_for_an_answer(owner: Client, track: Track) -> None:
    code, lines = await on_terminal("rm", track.id, answers=[("[y/N]", "n\n")])

    assert code == 130
    assert "  Night Train · The Pines · Album" in lines
    assert track.id == (await owner.get_track(track.id)).id


async def test_rm_deletes(owner: Client, song: MakeSong) -> None:
    doomed = await upload(owner, song("doomed.flac", title="Doomed", pitch_hz=880))

    ran = await tonearm("rm", doomed.id, "--yes", "--json")

    assert {"v": 1, "deleted": [doomed.id]} == ran.document
    with pytest.raises(NotFound):
        await owner.get_track(doomed.id)
