"""The client's way out: one request, one whole answer. The only module that imports httpx; knows no contract."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tonearm_api import __version__
from tonearm_api.errors import Unreachable

# Where click is installed, httpx loads a command of its own with Rich's bars and Pygments: 0.1 s of every start. With
# None in its place the import of that one module fails, which httpx is ready for.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # typeshed leaves out what import allows

import httpx  # noqa: E402

MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""No honest answer but audio is larger; audio goes to mpv, not through here."""

_CONNECT_S, _ANSWER_S = 5.0, 15.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """`headers` are looked up whatever their case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


class Connection:
    """To one origin; safe for concurrent requests of one event loop. Follows no redirect."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._http = httpx.AsyncClient(
            base_url=server,
            verify=_trust(server),
            follow_redirects=False,
            timeout=httpx.Timeout(_ANSWER_S, connect=_CONNECT_S),
            headers={"User-Agent": f"tonearm/{__version__}"},
        )

    async def exchange(self, method: str, path: str, **options: Any) -> Answer:  # Any: httpx's own request options
        """Whatever the server answers, whole. Raises Unreachable where it does not, or sends too much."""
        try:
            async with self._http.stream(method, path, **options) as response:
                content = await _read(response)
        except httpx.HTTPError as error:
            raise Unreachable(f"{self._server} does not answer") from error
        return Answer(status=response.status_code, headers=response.headers, content=content)

    async def close(self) -> None:
        await self._http.aclose()


def _trust(server: str) -> ssl.SSLContext | bool:
    """The usual certificates for https. Plain http spares itself reading them, 50 ms, and trusts none."""
    if urlsplit(server).scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return True


async def _read(response: httpx.Response) -> bytes:
    pieces: list[bytes] = []
    total_bytes = 0
    async for piece in response.aiter_bytes():
        total_bytes += len(piece)
        if total_bytes > MAX_ANSWER_BYTES:
            raise Unreachable("The server's answer is larger than any honest one")
        pieces.append(piece)
    return b"".join(pieces)
