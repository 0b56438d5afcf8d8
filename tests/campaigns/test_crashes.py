"""kill -9 at every kind of moment of an upload: nothing acknowledged is lost, nothing stays half (I1 to I8, F1 to F3).

The server dies at its n-th call of what makes bytes durable, the client after some milliseconds; both are
started again, and the same `tonearm upload` has to end well.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.audio import make_audio, png_cover
from tests.cli.console import COMMAND, Ran, tonearm
from tests.ports import free_ports
from tests.support import TONEARM, RunningServer, bearer, clean_environment, owner_client, start_server, verdict

from tonearm_api.client import Client
from tonearm_api.credentials import CredentialStore, read_client_settings
from tonearm_api.library import AudioFormat, TrackState

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1800)]

CALLS = {
    # system calls that change what is on disk, and at which of them to die
    "fsync,fdatasync": range(1, 13),
    "rename,renameat,renameat2": range(1, 5),
    "unlink,unlinkat": range(1, 4),
    "pwrite64": (1, 2, 3, 5, 8, 13, 21, 34),
    "ftruncate": (1, 2),
}
POINTS = [(calls, number) for calls, numbers in CALLS.items() for number in numbers]
CLIENT_KILLS = 10
SONG_S = 20
SEED = 20261124


class Bench:
    """One data folder on one port, through all the crashes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        (self.port,) = free_ports(1)
        self.server = start_server(self.data, port=str(self.port))
        self.songs = 0

    def restart(self, *under: str) -> None:
        """Start again. Dying while starting is a crash as good as another: then it is started once more."""
        self.server.stop()
        try:
            self.server = start_server(self.data, port=str(self.port), under=under)
        except AssertionError:
            self.server = start_server(self.data, port=str(self.port))

    def make_song(self) -> Path:
        self.songs += 1
        path = self.folder / f"{self.songs}.flac"
        return make_audio(
            path, format=AudioFormat.FLAC, seconds=SONG_S, frequency_hz=200 + self.songs, cover=png_cover()
        )

    def examine(self) -> list[str]:
        """What the doctor says has failed, read deep."""
        command = [TONEARM, "server", "doctor", "--deep", "--json", "--data", str(self.data)]
        ran = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), timeout=120, check=False)
        findings = json.loads(ran.stdout)["findings"]
        return [f"{finding['name']}: {finding['message']}" for finding in findings if finding["state"] == "failed"]


@pytest.fixture(scope="module")
def _bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("crashes"))
    yield bench
    bench.server.stop()


@pytest.fixture
async def bench(_bench: Bench) -> Bench:
    """With the command line signed in as the owner."""
    if _bench.server.process.poll() is not None:
        _bench.restart()
    async with owner_client(_bench.server) as owner:
        stored = owner.store.find()
        assert stored is not None
        CredentialStore(read_client_settings()).save(stored)
    return _bench


async def died(server: RunningServer) -> None:
    await asyncio.to_thread(server.process.wait)


async def assert_whole(bench: Bench, song: Path, track_id: str) -> None:
    """The bytes come back as they were, and everything else adds up too."""
    async with owner_client(bench.server) as owner:
        assert (await verdict(owner, track_id)).state is TrackState.READY
        sent = await asyncio.to_thread(song.read_bytes)
        assert sent == await _download(owner, track_id)
    assert bench.examine() == []


async def _download(owner: Client, track_id: str) -> bytes:
    async with httpx.AsyncClient(base_url=owner.server, headers=bearer(owner)) as http:
        answer = await http.get(f"/stream/{track_id}")
    assert answer.status_code == 200
    return answer.content


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace injects the crashes: apt-get install strace")
@pytest.mark.parametrize(("calls", "number"), POINTS)
async def test_the_server_dies_while_bytes_become_durable(bench: Bench, calls: str, number: int) -> None:
    inject = f"inject={calls}:signal=SIGKILL:when={number}"
    bench.restart("strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", inject)
    song = bench.make_song()

    uploading = asyncio.create_task(tonearm("upload", "--json", str(song)))
    dying = asyncio.create_task(died(bench.server))
    await asyncio.wait((uploading, dying), return_when=asyncio.FIRST_COMPLETED)
    was_reached = dying.done()
    if was_reached:
        bench.restart()
    ran = await uploading

    print(f"\n{calls} {number}: {'died' if was_reached else 'not reached'}, upload ends with {ran.code}", end="")
    assert ran.code == 0, ran.stderr
    dying.cancel()
    bench.restart()
    await assert_whole(bench, song, uploaded_id(ran))


@pytest.mark.parametrize("number", range(CLIENT_KILLS))
async def test_the_client_dies_and_goes_on(bench: Bench, number: int) -> None:
    song = bench.make_song()
    delay_s = random.Random(SEED + number).uniform(0.2, 1.2)

    first = await asyncio.create_subprocess_exec(
        *COMMAND, "upload", "--json", str(song), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    await asyncio.sleep(delay_s)
    if first.returncode is None:
        first.kill()
    await first.wait()
    ran = await tonearm("upload", "--json", str(song))

    print(f"\nclient killed after {delay_s:.2f} s: the second run ends with {ran.code}", end="")
    assert ran.code == 0, ran.stderr
    await assert_whole(bench, song, uploaded_id(ran))


def uploaded_id(ran: Ran) -> str:
    """The track's id of the one file in an upload's document."""
    (file,) = ran.document["files"]
    return str(file["track"]["id"])
