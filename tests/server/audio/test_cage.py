"""The cage of the parsers and that of ffmpeg: what a file that has taken over its child can still do."""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from tests.audio import make_audio
from tests.server.audio import probes
from tests.server.audio.files import opened
from tests.support import WAIT_S

from tonearm_api.errors import BrokenContainer, TagLimits, Unavailable
from tonearm_api.library import AudioFormat
from tonearm_server.audio.child.answers import MOST_BYTES, Refused
from tonearm_server.audio.child.landlock import landlock_version
from tonearm_server.audio.child.launcher import CANNOT_RUN
from tonearm_server.audio.decoder import Budget, caged, find_ffmpeg
from tonearm_server.audio.parsers import Parsers
from tonearm_server.audio.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

_ROOT = Path(__file__).parents[3]
_BOOT = f"import sys; sys.path.append({str(_ROOT)!r}); from tests.server.audio.probes import main; main()"
_PROGRAM = (sys.executable, "-I", "-c", _BOOT)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def caged_probes() -> AsyncIterator[Parsers]:
    parsers = Parsers(_PROGRAM)
    await parsers.start()
    yield parsers
    await parsers.close()


@pytest.fixture
def harmless(tmp_path: Path) -> Path:
    path = tmp_path / "harmless"
    path.write_bytes(b"bytes")
    return path


async def ask(parsers: Parsers, kind: bytes, path: Path) -> bytes:
    with opened(path) as descriptor:
        return await parsers.parse(kind, descriptor)


@pytest.mark.parametrize("kind", [kind for kind, _ in probes.ESCAPES.values()], ids=probes.ESCAPES)
async def test_a_parser_cannot_get(caged_probes: Parsers, harmless: Path, kind: bytes) -> None:
    answer = await ask(caged_probes, kind, harmless)

    assert answer in {b"PermissionError", b"MemoryError", b"RuntimeError"}


async def test_a_parser_sees_its_file_its_answer_and_nothing_else(caged_probes: Parsers, harmless: Path) -> None:
    """Five descriptors: the standard streams, which lead nowhere, the file and the answer."""
    neighbour = asyncio.create_task(ask(caged_probes, probes.WAIT, harmless))
    await asyncio.sleep(0)

    answer = await ask(caged_probes, probes.DESCRIPTORS, harmless)

    neighbour.cancel()
    assert answer == b"5"


async def test_a_parser_knows_no_environment(
    caged_probes: Parsers, harmless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await ask(caged_probes, probes.ENVIRONMENT, harmless)

    assert set(answer.decode().split()) <= {"LC_ALL", "LC_CTYPE"}


@pytest.mark.parametrize("hang", [probes.SPIN, probes.WAIT], ids=["busy", "idle"])
async def test_a_parser_that_hangs_is_killed_and_the_next_file_is_read(
    caged_probes: Parsers, harmless: Path, hang: bytes
) -> None:
    answer = await ask(caged_probes, hang, harmless)

    assert msgspec.msgpack.decode(answer, type=Refused).code == TagLimits.code
    assert await ask(caged_probes, probes.READ, harmless) == b"bytes"


async def test_a_hanging_parser_stops_nobody_else(caged_probes: Parsers, harmless: Path) -> None:
    hanging = asyncio.create_task(ask(caged_probes, probes.WAIT, harmless))

    answer = await ask(caged_probes, probes.READ, harmless)

    assert answer == b"bytes"
    assert not hanging.done()
    await hanging


async def test_a_crash_is_a_broken_file(caged_probes: Parsers, harmless: Path) -> None:
    answer = await ask(caged_probes, probes.CRASH, harmless)

    assert msgspec.msgpack.decode(answer, type=Refused).code == BrokenContainer.code
    assert await ask(caged_probes, probes.READ, harmless) == b"bytes"


async def test_an_endless_answer_is_cut_off(caged_probes: Parsers, harmless: Path) -> None:
    answer = await ask(caged_probes, probes.FLOOD, harmless)

    assert MOST_BYTES < len(answer) < 2 * MOST_BYTES


async def test_cancelling_ends_the_child(caged_probes: Parsers, harmless: Path) -> None:
    await ask(caged_probes, probes.READ, harmless)
    zygote_pid = _zygote_pid(caged_probes)
    hanging = asyncio.create_task(ask(caged_probes, probes.WAIT, harmless))
    child = await _first_child(zygote_pid)

    hanging.cancel()

    assert await _has_ended(child, within_s=1.5)


async def test_a_dead_zygote_is_replaced(caged_probes: Parsers, harmless: Path) -> None:
    first = _zygote_pid(caged_probes)
    os.kill(first, signal.SIGKILL)

    answer = await ask(caged_probes, probes.READ, harmless)

    assert answer == b"bytes"
    assert _zygote_pid(caged_probes) != first


async def test_a_zygote_that_dies_with_the_file_is_tried_once_more(caged_probes: Parsers, harmless: Path) -> None:
    first = _zygote_pid(caged_probes)
    answer = asyncio.create_task(ask(caged_probes, probes.WAIT, harmless))
    await _first_child(first)
    os.kill(first, signal.SIGKILL)

    refused = msgspec.msgpack.decode(await answer, type=Refused)

    assert refused.code == TagLimits.code
    assert _zygote_pid(caged_probes) != first


async def test_no_zygote_is_told_at_the_start_and_unavailable_later(
    harmless: Path, caplog: pytest.LogCaptureFixture
) -> None:
    parsers = Parsers(("/bin/false",))

    await parsers.start()

    assert "The parsers' zygote does not start" in caplog.text
    with pytest.raises(Unavailable):
        await parsers.missing_layers()
    with pytest.raises(Unavailable), harmless.open("rb") as file:
        await parsers.parse(b"x", file.fileno())


async def test_the_zygote_ends_with_the_server(tmp_path: Path) -> None:
    program = (
        "import asyncio, os\n"
        "from tonearm_server.audio.parsers import Parsers\n"
        "async def main():\n"
        "    parsers = Parsers()\n"
        "    await parsers.start()\n"
        "    print(parsers._zygote.process.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert server.stdout is not None
    zygote = os.pidfd_open(int(await server.stdout.readline()))

    server.kill()

    assert await _has_ended(zygote, within_s=WAIT_S)
    await server.communicate()


async def test_missing_layers_are_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    """A zygote that reports no layers, as on a kernel without them."""
    bare = "import socket, sys; s = socket.socket(fileno=0); s.send(bytes([0])); s.recv(1)"
    parsers = Parsers((sys.executable, "-c", bare))

    with caplog.at_level(logging.WARNING):
        await parsers.start()

    await parsers.close()
    assert [record.args for record in caplog.records] == [("Landlock",), ("seccomp",)]


async def run_caged(*arguments: str) -> tuple[int, str]:
    """ffmpeg in its cage with arguments that the server would never pass."""
    command = caged(
        find_ffmpeg(None), arguments=["-nostdin", *arguments], budget=Budget(10, 20), parent_pid=os.getpid()
    )
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, text = await asyncio.wait_for(process.communicate(), timeout=20)
    assert process.returncode is not None
    return process.returncode, text.decode()


@pytest.mark.skipif(not landlock_version(), reason="this kernel has no Landlock")
async def test_ffmpeg_cannot_open_a_file_by_name(tmp_path: Path) -> None:
    path = make_audio(tmp_path / "secret.wav", format=AudioFormat.WAV)

    code, text = await run_caged("-i", str(path), "-f", "null", "-")

    assert code != 0
    assert "Permission denied" in text


async def test_ffmpeg_cannot_write_a_file(tmp_path: Path) -> None:
    path = tmp_path / "planted.wav"

    code, text = await run_caged("-f", "lavfi", "-i", "sine=duration=1", str(path))

    assert code != 0
    assert "Operation not permitted" in text
    assert not path.exists()


async def test_ffmpeg_cannot_connect(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        port = listening.getsockname()[1]

        code, text = await run_caged("-i", f"tcp://127.0.0.1:{port}?timeout=1000000", "-f", "null", "-")

        assert code not in {0, CANNOT_RUN}
        assert "Operation not permitted" in text
        with pytest.raises(BlockingIOError):
            listening.accept()


async def test_ffmpeg_that_is_missing_is_unavailable(tmp_path: Path) -> None:
    broken = Sandbox(ffmpeg=tmp_path / "nowhere")
    await broken.start()

    with opened(make_audio(tmp_path / "x", format=AudioFormat.WAV)) as descriptor:
        header = await broken.read_header(descriptor)
        with pytest.raises(Unavailable):
            await broken.analyse(descriptor, header=header)

    await broken.close()


async def test_an_analysis_cut_off_by_the_end_of_the_server_blames_nobody(tmp_path: Path) -> None:
    """The file is not refused for it: whoever asked tries again later."""
    ending = Sandbox()
    await ending.start()
    with opened(make_audio(tmp_path / "x", format=AudioFormat.WAV, seconds=300)) as descriptor:
        header = await ending.read_header(descriptor)
        before = _children(os.getpid())
        analysis = asyncio.create_task(ending.analyse(descriptor, header=header))
        os.close(await _first_child(os.getpid(), besides=before))

        await ending.close()

        with pytest.raises(Unavailable):
            await analysis


async def test_cancelling_an_analysis_ends_ffmpeg(sandbox: Sandbox, tmp_path: Path) -> None:
    with opened(make_audio(tmp_path / "x", format=AudioFormat.WAV, seconds=300)) as descriptor:
        header = await sandbox.read_header(descriptor)
        before = _children(os.getpid())
        analysis = asyncio.create_task(sandbox.analyse(descriptor, header=header))
        ffmpeg = await _first_child(os.getpid(), besides=before)

        analysis.cancel()
        with pytest.raises(asyncio.CancelledError):
            await analysis

    assert await _has_ended(ffmpeg, within_s=WAIT_S)


def _zygote_pid(parsers: Parsers) -> int:
    assert parsers._zygote is not None
    return parsers._zygote.process.pid


def _children(pid: int) -> frozenset[int]:
    return frozenset(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


async def _first_child(pid: int, *, besides: frozenset[int] = frozenset()) -> int:
    """A descriptor of the first process that `pid` has started, as soon as there is one."""

    def find() -> int:
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            for child in _children(pid) - besides:
                return os.pidfd_open(child)
        raise AssertionError("no child was started")

    return await asyncio.to_thread(find)


async def _has_ended(process: int, *, within_s: float) -> bool:
    """Whether the process ends in time; closes its descriptor."""
    poll = select.poll()
    poll.register(process, select.POLLIN)
    ended = await asyncio.to_thread(poll.poll, within_s * 1000)
    os.close(process)
    return bool(ended)
