"""Search on the wire: what was asked and what was found."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from tonearm_api.endpoint import Endpoint, Policy
from tonearm_api.library import Album, Artist, SearchText, Track


class Search(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Every word must occur, the last one as a beginning. `limit` holds for each kind."""

    q: SearchText
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class Suggest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    q: SearchText


class SearchResult(msgspec.Struct, frozen=True, kw_only=True):
    tracks: list[Track]
    albums: list[Album]
    artists: list[Artist]


SEARCH = Endpoint(
    name="search",
    method="GET",
    path="/api/v1/search",
    summary="Search tracks, albums and artists",
    policy=Policy.MEMBER,
    request=Search,
    response=SearchResult,
)
SUGGEST = Endpoint(
    name="suggest",
    method="GET",
    path="/api/v1/search/suggest",
    summary="The first few of each kind, quick enough for every key press",
    policy=Policy.MEMBER,
    request=Suggest,
    response=SearchResult,
)

ENDPOINTS = (SEARCH, SUGGEST)
