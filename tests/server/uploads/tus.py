"""Speaks tus by hand, so that tests see what goes over the wire."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
from tests.support import RunningServer, bearer, raw

from tonearm_api.client import Client

VERSION = {"Tus-Resumable": "1.0.0"}
CHUNK_TYPE = {"Content-Type": "application/offset+octet-stream"}


class Tus:
    """One person's uploads."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def create(self, length: int | str, *, name: str = "x.flac", **more: str) -> httpx.Response:
        metadata = f"kind bXVzaWM=,filename {base64.b64encode(name.encode()).decode()}"
        headers = {**VERSION, "Upload-Length": str(length), "Upload-Metadata": metadata}
        return await self.http.post("/api/v1/uploads", headers={**headers, **_named(more)})

    async def begin(self, length: int, *, name: str = "x.flac") -> str:
        """The path of a new upload."""
        answer = await self.create(length, name=name)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    async def head(self, path: str) -> httpx.Response:
        return await self.http.head(path, headers=VERSION)

    async def offset(self, path: str) -> int:
        return int((await self.head(path)).headers["Upload-Offset"])

    async def patch(self, path: str, content: bytes, *, offset: int, **more: str) -> httpx.Response:
        headers = {**VERSION, **CHUNK_TYPE, "Upload-Offset": str(offset), **_named(more)}
        return await self.http.patch(path, content=content, headers=headers)

    async def send(self, content: bytes, *, name: str = "x.flac") -> httpx.Response:
        """A whole file; the answer to its last byte."""
        return await self.patch(await self.begin(len(content), name=name), content, offset=0)

    async def end(self, path: str) -> httpx.Response:
        return await self.http.delete(path, headers=VERSION)


@contextlib.asynccontextmanager
async def tus_of(client: Client) -> AsyncIterator[Tus]:
    async with raw(client) as http:
        yield Tus(http)


def checksum(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


class HalfSent:
    """A PATCH whose body has begun and waits for its end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, content: bytes) -> None:
        self._writer.write(content)
        await self._writer.drain()

    async def answer(self) -> bytes:
        return await self._reader.readuntil(b"\r\n\r\n")

    def vanish(self) -> None:
        self._writer.transport.abort()


@contextlib.asynccontextmanager
async def half_sent(
    server: RunningServer, client: Client, path: str, *, offset: int, length: int, **more: str
) -> AsyncIterator[HalfSent]:
    """Begin a PATCH of `length` bytes without sending any; its connection ends with the block."""
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    headers = {**bearer(client), **VERSION, **CHUNK_TYPE, "Upload-Offset": str(offset), "Content-Length": str(length)}
    lines = [f"PATCH {path} HTTP/1.1", f"Host: {address.netloc}"]
    lines += [f"{name}: {value}" for name, value in {**headers, **_named(more)}.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    try:
        await writer.drain()
        yield HalfSent(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def _named(headers: dict[str, str]) -> dict[str, str]:
    """`upload_checksum` as `Upload-Checksum`."""
    return {name.replace("_", "-").title(): value for name, value in headers.items()}
