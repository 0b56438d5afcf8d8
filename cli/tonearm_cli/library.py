"""Browse and change tracks: ls, info, like, unlike, edit, rm."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, TypeVar

import msgspec
import typer

from tonearm_api.client import Client
from tonearm_api.errors import NotFound, TonearmError
from tonearm_api.library import EditTrack, ListTracks, Sort, Track, Visibility
from tonearm_cli import display, output
from tonearm_cli.options import options_of
from tonearm_cli.problems import Stopped, UsageFault
from tonearm_cli.session import signed_in
from tonearm_cli.wording import plain_words

RequestT = TypeVar("RequestT", bound=msgspec.Struct)

_PAGE = 200
"""The most that the server gives at once (interface.md, GET /api/v1/tracks)."""

TrackIDs = Annotated[list[str], typer.Argument(metavar="ID...", help="Tracks, by the ids that ls prints.")]
OneID = Annotated[str, typer.Argument(metavar="ID", help="A track, by the id that ls prints.")]


async def ls(
    context: typer.Context,
    *,
    sort: Annotated[Sort | None, typer.Option(help="The order; an album or artist has its own.")] = None,
    liked: Annotated[bool, typer.Option("--liked", help="Only what you like.")] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Only what you uploaded, refused files included.")] = False,
    genre: Annotated[str | None, typer.Option(metavar="NAME", help="Only this genre.")] = None,
    artist: Annotated[str | None, typer.Option(metavar="NAME", help="Only this artist.")] = None,
    album: Annotated[str | None, typer.Option(metavar="TITLE", help="Only this album.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="How many at most.")] = 50,
    everything: Annotated[bool, typer.Option("--all", help="All of them, whatever --limit says.")] = False,
) -> None:
    """List tracks."""
    asked = _convert(
        ListTracks,
        sort=sort,
        liked=liked or None,
        mine=mine or None,
        genre=genre,
        artist=artist,
        album=album,
        limit=_PAGE if everything else min(limit, _PAGE),
    )
    options = options_of(context)
    async with signed_in(context) as client:
        listing = _Listing(client, asked, limit=None if everything else limit)
        if options.json:
            tracks = [track async for page in listing.pages() for track in page]
            output.document(tracks=tracks, next_cursor=listing.next_cursor)
            return
        await show(listing.pages())
    if listing.shown == 0:
        output.say(options, "Nothing here yet: tonearm upload PATH")
    elif listing.next_cursor:
        output.say(options, f"The first {listing.shown:,}; --all lists every track.")


async def info(context: typer.Context, *, track_id: OneID) -> None:
    """Show one track."""
    async with signed_in(context) as client:
        track = await client.get_track(track_id)
    _print_one(track, as_json=options_of(context).json)


async def like(context: typer.Context, *, ids: TrackIDs) -> None:
    """Like tracks; liking twice is liking once."""
    async with signed_in(context) as client:
        await _each(ids, client.like)
    _confirm(context, "liked", ids)


async def unlike(context: typer.Context, *, ids: TrackIDs) -> None:
    """Take likes back."""
    async with signed_in(context) as client:
        await _each(ids, client.unlike)
    _confirm(context, "unliked", ids)


async def edit(
    context: typer.Context,
    *,
    track_id: OneID,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="What it is called.")] = None,
    artists: Annotated[
        list[str] | None, typer.Option("--artist", metavar="NAME", help="Who plays; again for each artist.")
    ] = None,
    album: Annotated[str | None, typer.Option(metavar="TITLE", help="The album; empty for none.")] = None,
    album_artist: Annotated[str | None, typer.Option(metavar="NAME", help="Whose album; empty for nobody's.")] = None,
    genres: Annotated[
        list[str] | None, typer.Option("--genre", metavar="NAME", help="The genre; again for each genre.")
    ] = None,
    year: Annotated[int | None, typer.Option(metavar="YEAR", help="The year; 0 for none.")] = None,
    track_number: Annotated[
        int | None, typer.Option("--track", metavar="N", help="Its place on the disc; 0 for none.")
    ] = None,
    disc_number: Annotated[int | None, typer.Option("--disc", metavar="N", help="The disc; 0 for none.")] = None,
    visibility: Annotated[Visibility | None, typer.Option(help="Who may hear it.")] = None,
) -> None:
    """Change a track's title, tags or visibility. The uploaded file stays as it is."""
    given = {
        "title": title,
        "artists": artists or None,
        "album": album,
        "album_artist": album_artist,
        "genres": genres or None,
        "year": year,
        "track_number": track_number,
        "disc_number": disc_number,
        "visibility": visibility,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise UsageFault("Say what to change, for instance --title or --visibility")
    emptied = {name: None for name in _CLEARABLE & changes.keys() if not changes[name]}
    async with signed_in(context) as client:
        track = await client.edit_track(_convert(EditTrack, id=track_id, **(changes | emptied)))
    _print_one(track, as_json=options_of(context).json)


async def rm(
    context: typer.Context,
    *,
    ids: TrackIDs,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete tracks and, where nobody else has the same bytes, their audio."""
    async with signed_in(context) as client:
        if not yes:
            await _ask_before_deleting(client, ids)
        await _each(ids, client.delete_track)
    _confirm(context, "deleted", ids)


_CLEARABLE = {"album", "album_artist", "year", "track_number", "disc_number"}


class _Listing:
    """A track list read page by page: how many came, and where the rest begins."""

    def __init__(self, client: Client, asked: ListTracks, *, limit: int | None) -> None:
        self._client = client
        self._asked = asked
        self._limit = limit
        self.shown = 0
        self.next_cursor: str | None = None

    async def pages(self) -> AsyncIterator[list[Track]]:
        """Pages until the limit or the end; the last request asks for what is still missing, no more."""
        while True:
            missing = _PAGE if self._limit is None else min(self._limit - self.shown, _PAGE)
            request = msgspec.structs.replace(self._asked, cursor=self.next_cursor, limit=missing)
            page = await self._client.list_tracks(request)
            self.shown += len(page.items)
            self.next_cursor = page.next_cursor
            yield page.items
            if page.next_cursor is None or self.shown == self._limit:
                return


async def show(pages: AsyncIterator[list[Track]]) -> None:
    """Print tracks as they come: a table on a terminal, fields on a pipe."""
    table = output.Table(*display.TRACK_COLUMNS)
    async for page in pages:
        if output.for_people():
            table.add(map(display.track_row, page))
        else:
            for track in page:
                output.line(*display.track_fields(track))


def _print_one(track: Track, *, as_json: bool) -> None:
    if as_json:
        output.document(track=track)
    else:
        output.pairs(display.track_pairs(track))


async def _each(ids: list[str], change: Callable[[str], Awaitable[None]]) -> None:
    """Stops at the first that fails, and says which, and which were done."""
    for place, track_id in enumerate(ids):
        try:
            await change(track_id)
        except NotFound as error:
            raise Stopped(NotFound(f"There is no track {track_id}"), done=ids[:place]) from error
        except TonearmError as error:
            raise Stopped(error, done=ids[:place]) from error


def _confirm(context: typer.Context, done: str, ids: list[str]) -> None:
    options = options_of(context)
    if options.json:
        output.document(**{done: ids})
    else:
        output.say(options, f"{done} {display.counted(len(ids), 'track', 'tracks')}")


async def _ask_before_deleting(client: Client, ids: list[str]) -> None:
    if not sys.stdin.isatty():
        raise UsageFault("Deleting cannot be undone: add --yes")
    for track_id in ids:
        track = await client.get_track(track_id)
        sys.stderr.write(f"  {display.joined((track.title, track.artist, track.album or ''))}\n")
    if not typer.confirm(f"Delete {display.counted(len(ids), 'track', 'tracks')}?", err=True):
        raise typer.Abort


def _convert(kind: type[RequestT], **fields: object) -> RequestT:
    """A request from options, refused here as the server would refuse it."""
    try:
        return msgspec.convert(fields, type=kind)
    except msgspec.ValidationError as error:
        raise UsageFault(plain_words(str(error))) from error
