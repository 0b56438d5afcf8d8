"""The bench's own parts: a benchmark that counts wrongly is worse than none."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from bench.__main__ import SUBJECTS
from bench.load import Plan, request, run_load
from bench.measuring import Row

BODY = b"x" * 1000


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/file" else 404)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's word
        """Nothing: pytest shows what a test prints."""


@pytest.fixture
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_every_answer_and_every_byte_is_counted(port: int) -> None:
    outcome = run_load(Plan(port=port, requests=[request("/file")], connections=3, count=20))

    assert (outcome.answers, outcome.size_bytes, len(outcome.latencies_ms)) == (20, 20 * len(BODY), 20)
    assert 0 < outcome.percentile_ms(0.5) <= outcome.percentile_ms(0.95)


def test_a_refusal_measures_nothing(port: int) -> None:
    with pytest.raises(SystemExit, match="4 of 4 answers were refusals"):
        run_load(Plan(port=port, requests=[request("/elsewhere")], count=4))


def test_a_listener_whose_sound_ends_is_counted_as_a_stall_once(port: int) -> None:
    plan = Plan(port=port, requests=[request("/file")], connections=2, bytes_s=2000, seconds=3)

    assert run_load(plan).stalls == 2


@pytest.mark.parametrize(("measured", "verdict"), [(1.8, "ok"), (1.9, "missed")])
def test_an_aim_for_a_ratio_judges_the_ratio(measured: float, verdict: str) -> None:
    row = Row(what="CPU", measured=measured * 2, unit="s/GB", beside=2, aim=1.8, aim_is_ratio=True)

    assert row.verdict == verdict


def test_every_subject_of_the_issue_is_there() -> None:
    assert set(SUBJECTS) == {"commands", "server", "stream", "listeners", "queries", "ingest", "terminal"}
