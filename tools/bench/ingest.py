"""Uploads through the front door: small files, the bytes of large ones, and what receiving them costs."""

from __future__ import annotations

import asyncio
import http.client
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.measuring import Row, cpu_s, interleaved
from bench.peers import Peer, free_port, started, tonearm, upload, write_noise

_SMALL, _SMALL_BYTES = 40, 88_200
_LARGE_BYTES = 60_000_000
_RECEIVED_BYTES = 200_000_000
_ROUNDS = 3
_ANSWER_S = 120
_RECEIVER = """
import hashlib, os, socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
room = memoryview(bytearray(1 << 20))
while True:
    connection, _ = listener.accept()
    with connection, open(sys.argv[2], "wb", buffering=0) as file:
        sha256 = hashlib.sha256()
        while got := connection.recv_into(room):
            file.write(room[:got])
            sha256.update(room[:got])
        os.fsync(file.fileno())
        connection.sendall(b"done")
"""
"""What receiving a file is at the least: read, written, hashed, synced."""


def measure(folder: Path) -> Iterator[Row]:
    small = [write_noise(folder / f"{number}.wav", size_bytes=_SMALL_BYTES, seed=number) for number in range(_SMALL)]
    large = write_noise(folder / "large.wav", size_bytes=_LARGE_BYTES, seed=_SMALL)
    with tonearm(folder) as peer:
        asyncio.run(upload(peer, write_noise(folder / "first.wav", size_bytes=_SMALL_BYTES, seed=_SMALL + 1)))
        before, start = cpu_s(peer.pid), time.perf_counter()
        asyncio.run(upload(peer, *small))
        took_s, used_s = time.perf_counter() - start, cpu_s(peer.pid) - before
        yield Row(
            what="ingest of half a second of sound, until decoded", measured=took_s / _SMALL * 1000, unit="ms a track"
        )
        yield Row(
            what="ingest of half a second of sound, CPU with sandbox and ffmpeg",
            measured=used_s / _SMALL * 1000,
            unit="ms a track",
        )
        before = cpu_s(peer.pid)
        asyncio.run(upload(peer, large))
        used_s = cpu_s(peer.pid) - before
        yield Row(
            what="ingest of a 60 MB file, CPU with decoding all of it",
            measured=used_s / _LARGE_BYTES * 1e9,
            unit="s/GB",
        )
        yield from _receiving(peer, folder)


def _receiving(peer: Peer, folder: Path) -> Iterator[Row]:
    """Of bytes that are no audio: refused when all are there, so that nothing is decoded."""
    file = folder / "noise"
    file.write_bytes(os.urandom(_RECEIVED_BYTES))
    port = free_port()
    command = [sys.executable, "-c", _RECEIVER, str(port), str(folder / "received")]
    with started(command, folder=folder) as (pid, _):
        raw, multipart, least = interleaved(
            _ROUNDS,
            lambda: _cpu_s_per_gb(peer.pid, lambda: _send_raw(peer, file)),
            lambda: _cpu_s_per_gb(peer.pid, lambda: _send_multipart(peer, file)),
            lambda: _cpu_s_per_gb(pid, lambda: _send(port, file, expected=b"done")),
        )
    for what, measured, aim in (("raw body (tus)", raw, 2), ("multipart body", multipart, 7)):
        yield Row(
            what=f"receiving 200 MB, {what}, CPU",
            measured=measured,
            unit="s/GB",
            yardstick="bare socket",
            beside=least,
            aim=aim,
            aim_is_ratio=True,
        )


def _cpu_s_per_gb(pid: int, send: Callable[[], None]) -> float:
    before = cpu_s(pid)
    send()
    return (cpu_s(pid) - before) / _RECEIVED_BYTES * 1e9


def _send_raw(peer: Peer, file: Path) -> None:
    headers = peer.headers(**{"Tus-Resumable": "1.0.0"})
    connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=_ANSWER_S)
    connection.request("POST", "/api/v1/uploads", headers={**headers, "Upload-Length": str(_RECEIVED_BYTES)})
    path = connection.getresponse().headers["Location"]
    connection.close()
    headers |= {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    head = _head(f"PATCH {path}", peer, headers, length_bytes=_RECEIVED_BYTES)
    _send(peer.port, file, head=head, expected=b"HTTP/1.1 415")


def _send_multipart(peer: Peer, file: Path) -> None:
    before = b'--x\r\nContent-Disposition: form-data; name="file"; filename="noise"\r\n\r\n'
    after = b"\r\n--x--\r\n"
    headers = peer.headers(**{"Content-Type": "multipart/form-data; boundary=x"})
    length_bytes = len(before) + _RECEIVED_BYTES + len(after)
    head = _head("POST /api/v1/tracks", peer, headers, length_bytes=length_bytes)
    _send(peer.port, file, head=head + before, tail=after, expected=b"HTTP/1.1 415")


def _head(request: str, peer: Peer, headers: dict[str, str], *, length_bytes: int) -> bytes:
    lines = [f"{request} HTTP/1.1", f"Host: 127.0.0.1:{peer.port}", f"Content-Length: {length_bytes}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def _send(port: int, file: Path, *, expected: bytes, head: bytes = b"", tail: bytes = b"") -> None:
    """Over a connection of its own, with as little work of ours as there is."""
    with socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_S) as connection, file.open("rb") as content:
        connection.sendall(head)
        connection.sendfile(content)
        connection.sendall(tail)
        if not head:
            connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(len(expected), socket.MSG_WAITALL)
    if answer != expected:
        raise SystemExit(f"expected {expected!r}, not {answer!r}")
