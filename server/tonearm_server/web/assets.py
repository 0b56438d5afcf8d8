"""Style sheets, scripts and pictures of the page, in memory, under an address that changes with their content."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import hdrs, web

from tonearm_api.design import css_properties
from tonearm_api.errors import NotFound

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_ON_OTHER_PAGES = {"mailed.js", "copy.js"}
"""Modules that are not the player's: pages with forms load them."""

_FOREVER = "public, max-age=31536000, immutable"
_VERSION_CHARACTERS = 12
"""48 bits of the hash: enough to tell two releases apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _File:
    content: bytes
    compressed: bytes
    media_type: str


class Assets:
    """Every file once. One version stands before all of them, so that modules import each other by relative name."""

    def __init__(self, contents: Mapping[str, bytes], *, root: str = "/static") -> None:
        self._root = root
        self._files = {name: _file(name, content) for name, content in sorted(contents.items())}
        digest = hashlib.sha256()
        for name, file in self._files.items():
            digest.update(name.encode() + b"\0" + file.content)
        self.version = digest.hexdigest()[:_VERSION_CHARACTERS]

    def url(self, name: str) -> str:
        """Where the page finds a file. KeyError for one that does not exist."""
        self._files[name]
        return f"{self._root}/{self.version}/{name}"

    def modules(self) -> list[str]:
        """Names of the player's modules: a flat graph, so the page asks for all of them at once."""
        return [name for name in self._files if name.endswith(".js") and name not in _ON_OTHER_PAGES]

    def find(self, version: str, name: str) -> _File | None:
        return self._files.get(name) if version == self.version else None


ASSETS: web.AppKey[Assets] = web.AppKey("assets", Assets)


def load_assets() -> Assets:
    """What stands in `static/`, and the tokens that the design declares. Reads the disk."""
    contents = {path.name: path.read_bytes() for path in _FOLDER.iterdir() if path.suffix in _TYPES}
    return Assets({**contents, "tokens.css": css_properties().encode()})


async def static_file(request: web.Request) -> web.Response:
    return asset_response(request, request.app[ASSETS])


def asset_response(request: web.Request, assets: Assets) -> web.Response:
    """The file that the path names, compressed where the browser likes. Raises NotFound."""
    file = assets.find(request.match_info["version"], request.match_info["name"])
    if file is None:
        raise NotFound
    headers = {hdrs.CACHE_CONTROL: _FOREVER, hdrs.VARY: hdrs.ACCEPT_ENCODING}
    body = file.content
    if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        body = file.compressed
    return web.Response(body=body, content_type=file.media_type, charset="utf-8", headers=headers)


def _file(name: str, content: bytes) -> _File:
    media_type = _TYPES[Path(name).suffix]
    return _File(content=content, compressed=gzip.compress(content, mtime=0), media_type=media_type)
