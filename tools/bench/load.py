"""The load: plain HTTP/1.1 over raw sockets in a process of its own, so that what it costs is not counted.

`run_load` starts it with a plan on its standard input and reads what it measured from its output.
"""

from __future__ import annotations

import json
import resource
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

_HEAD_BYTES = 2048
"""More than any answer's header; what comes after it is thrown away by the kernel, uncopied (tcp(7), MSG_TRUNC)."""

_BODY_BYTES = 1024 * 1024
_PATIENCE_S = 60
_TICK_S = 0.5
_SLOTS = 50
"""Listeners take turns within a tick, as people do who did not all press play at once."""

_RAMP = 1 / 6
"""In that part of the time all send their request, one after the other: a thousand a second are crowd enough."""

_LATE_S = 1.0
"""A player that is this far behind has gone quiet: its buffer of one second is empty."""

_RECEIVE_BUFFER = 32 * 1024
_SUCCESS = (b"HTTP/1.1 200", b"HTTP/1.1 206")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`requests` are sent in turn over `connections` that stay open, `count` in all; or each connection listens
    at `bytes_s` for `seconds`."""

    port: int
    requests: list[str]
    connections: int = 1
    count: int = 0
    bytes_s: int = 0
    seconds: float = 0


@dataclass(kw_only=True)
class Outcome:
    """`took_s` from the first request to the last answer; latencies in milliseconds.

    `overslept` is the share of turns that came so late that the load itself was short of CPU.
    """

    took_s: float = 0
    answers: int = 0
    size_bytes: int = 0
    refused: int = 0
    stalls: int = 0
    overslept: float = 0
    latencies_ms: list[float] = field(default_factory=list)

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request(path: str, **headers: str) -> str:
    """The text of a GET; an underscore of a header's name stands for a hyphen."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""])


def start_load(plan: Plan) -> subprocess.Popen[bytes]:
    """The load under way; `finish_load` waits for it."""
    process = subprocess.Popen([sys.executable, str(Path(__file__))], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None  # noqa: S101  # a pipe was asked for
    process.stdin.write(json.dumps(asdict(plan)).encode())
    process.stdin.close()
    process.stdin = None
    return process


def finish_load(process: subprocess.Popen[bytes]) -> Outcome:
    """What was measured. Raises SystemExit where the load broke or an answer was no success."""
    written, _ = process.communicate(timeout=180)
    if process.returncode:
        raise SystemExit("the load generator failed: see above")
    outcome = Outcome(**json.loads(written))
    if outcome.refused:
        raise SystemExit(f"{outcome.refused} of {outcome.answers} answers were refusals: nothing is measured")
    return outcome


def run_load(plan: Plan) -> Outcome:
    return finish_load(start_load(plan))


class _Connection:
    """One keep-alive connection: a request, its answer, the next request."""

    def __init__(self, plan: Plan, outcome: Outcome, *, number: int) -> None:
        self.socket = _connected(plan)
        self._requests = [text.encode() for text in plan.requests]
        self._outcome = outcome
        self._next = number

    def send(self) -> None:
        self._began = time.perf_counter()
        self._head, self._left = b"", -1
        self.socket.sendall(self._requests[self._next % len(self._requests)])
        self._next += 1

    def receive(self, buffer: bytearray) -> bool:
        """Take what is there; whether the answer is whole."""
        count = self._take_head() if self._left < 0 else _discard(self.socket, buffer, min(self._left, _BODY_BYTES))
        if self._left < 0:
            return False
        self._left -= count
        self._outcome.size_bytes += count
        if self._left:
            return False
        self._outcome.answers += 1
        self._outcome.latencies_ms.append((time.perf_counter() - self._began) * 1000)
        return True

    def _take_head(self) -> int:
        """How much of the body came with the end of the header."""
        piece = self.socket.recv(_HEAD_BYTES)
        if not piece:
            raise SystemExit("the server closed a connection")
        self._head += piece
        head, found, rest = self._head.partition(b"\r\n\r\n")
        if found:
            self._outcome.refused += not head.startswith(_SUCCESS)
            self._left = _length(head)
        return len(rest)


class _Listener:
    """Somebody whose player takes what the music needs, a tick at a time.

    The clock starts with the first byte: what comes before it is waiting, no gap. It stands still while the
    load itself gets no CPU: that is no server's fault.
    """

    def __init__(self, plan: Plan, outcome: Outcome) -> None:
        self._plan = plan
        self._outcome = outcome
        self._socket = _connected(plan)
        self._socket.setblocking(False)
        self._seen_at = 0.0
        self._received = self._due = 0.0
        self._has_asked = self._is_behind = False

    def turn(self, buffer: bytearray, *, now: float, request: bytes) -> None:
        if not self._has_asked:
            self._has_asked = True
            self._socket.send(request)
        elif self._received or self._hears():
            elapsed_s = now - self._seen_at if self._seen_at else _TICK_S
            self._outcome.overslept += elapsed_s > 2 * _TICK_S
            self._due += min(elapsed_s, 2 * _TICK_S) * self._plan.bytes_s
            self._seen_at = now
            self._listen(buffer)

    def _hears(self) -> bool:
        """Whether the header has come; it is counted among the bytes."""
        try:
            head = self._socket.recv(_HEAD_BYTES)
        except BlockingIOError:
            return False
        self._outcome.answers += 1
        self._outcome.refused += not head.startswith(_SUCCESS)
        self._received = len(head)
        return True

    def _listen(self, buffer: bytearray) -> None:
        while self._received < self._due:
            try:
                count = _discard(self._socket, buffer, int(self._due - self._received) + 1)
            except BlockingIOError:
                break
            self._received += count
            self._outcome.size_bytes += count
        is_behind = self._due - self._received > _LATE_S * self._plan.bytes_s
        self._outcome.stalls += is_behind and not self._is_behind
        self._is_behind = is_behind


def _connected(plan: Plan) -> socket.socket:
    connection = socket.socket()
    if plan.bytes_s:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    connection.connect(("127.0.0.1", plan.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _discard(connection: socket.socket, buffer: bytearray, most: int) -> int:
    """How many bytes were there, `most` at most; they are gone, and `buffer` has none of them."""
    count = connection.recv_into(buffer, most, socket.MSG_TRUNC)
    if not count:
        raise SystemExit("the server closed a connection")
    return count


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise SystemExit("an answer without Content-Length")


def _as_fast_as_possible(plan: Plan) -> Outcome:
    outcome, buffer = Outcome(), bytearray(_BODY_BYTES)
    selector = selectors.DefaultSelector()
    connections = [_Connection(plan, outcome, number=number) for number in range(plan.connections)]
    start = time.perf_counter()
    sent = 0
    for connection in connections:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send()
        sent += 1
    while outcome.answers < max(plan.count, plan.connections):
        ready = selector.select(_PATIENCE_S)
        if not ready:
            raise SystemExit("no answer for a minute")
        for key, _ in ready:
            if key.data.receive(buffer) and sent < plan.count:
                key.data.send()
                sent += 1
    outcome.took_s = time.perf_counter() - start
    return outcome


def _paced(plan: Plan) -> Outcome:
    """Every listener takes what its music needs, twice a second; a stall is counted once until it has caught up."""
    outcome, buffer = Outcome(), bytearray(_BODY_BYTES)
    listeners = [_Listener(plan, outcome) for _ in range(plan.connections)]
    text = plan.requests[0].encode()
    start = time.perf_counter()
    a_second = len(listeners) / (plan.seconds * _RAMP)
    turns = slot = 0
    while (now := time.perf_counter()) - start < plan.seconds:
        awake = listeners[: int(a_second * (now - start)) + 1]
        for listener in awake[slot % _SLOTS :: _SLOTS]:
            listener.turn(buffer, now=time.perf_counter(), request=text)
            turns += 1
        slot += 1
        time.sleep(max(0.0, start + slot * _TICK_S / _SLOTS - time.perf_counter()))
    outcome.took_s = time.perf_counter() - start
    outcome.stalls += len(listeners) - outcome.answers  # who never heard anything
    outcome.overslept /= turns
    return outcome


def main() -> None:
    """One plan from standard input."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    plan = Plan(**json.loads(sys.stdin.buffer.read()))
    outcome = _paced(plan) if plan.bytes_s else _as_fast_as_possible(plan)
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
