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

_BUFFER = 256 * 1024
_PATIENCE_S = 60
_TICK_S = 0.5
_LATE_S = 1.0
"""A player that is this far behind has gone quiet: its buffer of one second is empty."""

_RECEIVE_BUFFER = 32 * 1024


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
    """`took_s` from the first request to the last answer; latencies in milliseconds."""

    took_s: float = 0
    answers: int = 0
    size_bytes: int = 0
    refused: int = 0
    stalls: int = 0
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
        self.socket = socket.socket()
        if plan.bytes_s:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        self.socket.connect(("127.0.0.1", plan.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = [text.encode() for text in plan.requests]
        self._outcome = outcome
        self._next = number
        self.received = 0
        self.heard_at = 0.0
        self.is_behind = False

    def send(self) -> None:
        self._began = time.perf_counter()
        self._head, self._left = b"", -1
        self.socket.sendall(self._requests[self._next % len(self._requests)])
        self._next += 1

    def receive(self, buffer: bytearray) -> bool:
        """Take what is there; whether the answer is whole."""
        count = self.socket.recv_into(buffer)
        if not count:
            raise SystemExit("the server closed a connection")
        self.received += count
        if self._left < 0:
            self._head += bytes(buffer[:count])
            head, found, rest = self._head.partition(b"\r\n\r\n")
            if not found:
                return False
            self._outcome.refused += not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 206"))
            self._left, count = _length(head), len(rest)
        self._left -= count
        self._outcome.size_bytes += count
        if self._left:
            return False
        self._outcome.answers += 1
        self._outcome.latencies_ms.append((time.perf_counter() - self._began) * 1000)
        return True


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise SystemExit("an answer without Content-Length")


def _as_fast_as_possible(plan: Plan) -> Outcome:
    outcome, buffer = Outcome(), bytearray(_BUFFER)
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
    outcome, buffer = Outcome(), bytearray(_BUFFER)
    listeners = []
    for number in range(plan.connections):
        listener = _Connection(plan, outcome, number=number)
        listener.send()
        listener.socket.setblocking(False)
        listeners.append(listener)
    start = time.perf_counter()
    tick = 0
    while (now := time.perf_counter()) - start < plan.seconds:
        for listener in listeners:
            _listen(listener, now=now, plan=plan, outcome=outcome, buffer=buffer)
        tick += 1
        time.sleep(max(0.0, start + tick * _TICK_S - time.perf_counter()))
    outcome.took_s = time.perf_counter() - start
    outcome.stalls += len(listeners) - outcome.answers  # who never heard anything
    return outcome


def _listen(listener: _Connection, *, now: float, plan: Plan, outcome: Outcome, buffer: bytearray) -> None:
    """The clock of a listener starts with the first byte: what comes before it is waiting, no gap."""
    due = (now - listener.heard_at if listener.heard_at else _TICK_S) * plan.bytes_s
    while listener.received < due:
        wanted = min(int(due - listener.received) + 1, len(buffer))
        try:
            count = listener.socket.recv_into(buffer, wanted)
        except BlockingIOError:
            break
        if not count:
            raise SystemExit("the server closed a listener")
        if not listener.received:
            listener.heard_at = now
            outcome.answers += 1
            outcome.refused += not bytes(buffer[:15]).startswith((b"HTTP/1.1 200", b"HTTP/1.1 206"))
        listener.received += count
        outcome.size_bytes += count
    is_behind = listener.heard_at > 0 and due - listener.received > _LATE_S * plan.bytes_s
    outcome.stalls += is_behind and not listener.is_behind
    listener.is_behind = is_behind


def main() -> None:
    """One plan from standard input."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    plan = Plan(**json.loads(sys.stdin.buffer.read()))
    outcome = _paced(plan) if plan.bytes_s else _as_fast_as_possible(plan)
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
