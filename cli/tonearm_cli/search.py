"""Search tracks, albums and artists."""

from __future__ import annotations

from typing import Annotated

import typer

from tonearm_api.search import SearchResult
from tonearm_cli import display, output
from tonearm_cli.options import options_of
from tonearm_cli.session import signed_in

_MOST = 100
"""The most of each kind that the server gives (tonearm_api.search)."""

_ALBUMS = (
    output.Column(head="Album", style="bold", least=12),
    output.Column(head="Artist", least=8),
    output.Column(head="Year", style="dim"),
    output.Column(head="Tracks", align="right"),
)
_ARTISTS = (
    output.Column(head="Artist", style="bold", least=12),
    output.Column(head="Tracks", align="right"),
)


async def search(
    context: typer.Context,
    *,
    words: Annotated[list[str], typer.Argument(metavar="WORD...", help="Every word must occur.")],
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=_MOST, metavar="N", help="How many of each kind.")
    ] = 20,
) -> None:
    """Search titles, artists, albums and genres. The last word may be a beginning."""
    options = options_of(context)
    async with signed_in(context) as client:
        found = await client.search(" ".join(words), limit=limit)
    if options.json:
        output.document(tracks=found.tracks, albums=found.albums, artists=found.artists)
    elif output.for_people():
        _show(found)
    else:
        _pipe(found)
    if not (found.tracks or found.albums or found.artists):
        output.say(options, "Nothing found")


def _show(found: SearchResult) -> None:
    albums = [(a.title, a.artist, str(a.year or ""), str(a.tracks)) for a in found.albums]
    artists = [(a.name, str(a.tracks)) for a in found.artists]
    blocks = (
        (display.TRACK_COLUMNS, [display.track_row(track) for track in found.tracks]),
        (_ALBUMS, albums),
        (_ARTISTS, artists),
    )
    filled = [(columns, rows) for columns, rows in blocks if rows]
    for index, (columns, rows) in enumerate(filled):
        if index:
            output.line()
        output.Table(*columns).add(rows)


def _pipe(found: SearchResult) -> None:
    """The kind first, so that a script can tell them apart."""
    for track in found.tracks:
        output.line("track", *display.track_fields(track))
    for album in found.albums:
        output.line("album", album.title, album.artist, str(album.year or ""), str(album.tracks))
    for artist in found.artists:
        output.line("artist", artist.name, str(artist.tracks))
