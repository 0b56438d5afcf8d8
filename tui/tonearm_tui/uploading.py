"""What is being uploaded from here, sent and noted as the command line does it. Knows no screen."""

from __future__ import annotations

import asyncio
import enum
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tonearm_api.errors import TonearmError, Unauthenticated
from tonearm_api.text import safe_text, size_text

if TYPE_CHECKING:
    from tonearm_api.client import Client
    from tonearm_api.sending.transfers import Verdict

_AT_ONCE = 2
"""Files under way at a time: one fills the line, the second its pauses. Music has to come through beside them."""


class State(enum.Enum):
    """Where a file is. The values are what is said of it."""

    WAITING = "waiting"
    SENDING = "sending"
    VERIFYING = "being verified"
    UPLOADED = "uploaded"
    THERE = "already there"
    REFUSED = "refused"
    NOT_SENT = "not sent"


@dataclass(kw_only=True, slots=True)
class Item:
    """A file. `trouble` is why it stands still or was refused; `resumed_at_bytes` what an earlier try had sent."""

    path: Path
    name: str
    size_bytes: int
    sent_bytes: int = 0
    state: State = State.WAITING
    trouble: str = ""
    resumed_at_bytes: int = 0
    verdict: Verdict | None = None

    @property
    def is_over(self) -> bool:
        return self.verdict is not None or self.state is State.NOT_SENT

    @property
    def percent(self) -> int:
        return 100 * self.sent_bytes // self.size_bytes if self.size_bytes else 0

    @property
    def words(self) -> str:
        """What is said of it in a list."""
        if self.trouble:
            return self.trouble
        told = f"{self.percent} %" if self.state is State.SENDING else self.state.value
        return f"resumed at {size_text(self.resumed_at_bytes)} · {told}" if self.resumed_at_bytes else told


class Watcher(Protocol):
    """Who wants to know. Called on the event loop; `uploads_ended` once an order, unless it was stopped."""

    def uploads_progressed(self) -> None: ...
    def uploads_ended(self, summary: str, *, is_error: bool) -> None: ...
    def session_ended(self) -> None: ...


class Uploading:
    """Orders are carried out one after another. The journal knows how far a file was when `stop` cut it off."""

    def __init__(self, client: Client, *, journal: Path, watcher: Watcher) -> None:
        self.items: list[Item] = []
        self._client, self._journal, self._watcher = client, journal, watcher
        self._orders: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    @property
    def is_running(self) -> bool:
        return self.left > 0

    @property
    def left(self) -> int:
        """Files of which nothing is decided yet."""
        return sum(not item.is_over for item in self.items)

    @property
    def active_index(self) -> int:
        """The first file that is not over, or the last of all."""
        return next((i for i, item in enumerate(self.items) if not item.is_over), max(len(self.items) - 1, 0))

    @property
    def summary(self) -> str:
        """One line about everything; empty where nothing was asked for."""
        if not self.items:
            return ""
        if not self.left:
            return _concluded(self.items)
        sent = sum(item.size_bytes if item.is_over else item.sent_bytes for item in self.items)
        total = sum(item.size_bytes for item in self.items)
        done = len(self.items) - self.left
        return f"{done:,} of {len(self.items):,} files · {size_text(sent)} of {size_text(total)}"

    async def add(self, paths: Sequence[Path]) -> int:
        """Upload files, and folders that are searched for audio; how many files that are. Raises NoSuchFile."""
        items = await asyncio.to_thread(_find, paths)
        if items:
            self.items += items
            order = asyncio.create_task(self._carry_out(items))
            self._orders.add(order)
            order.add_done_callback(self._orders.discard)
            self._watcher.uploads_progressed()
        return len(items)

    async def stop(self) -> None:
        """End what is under way. What was sent of a file is not sent again when it is asked for again."""
        orders = list(self._orders)
        for order in orders:
            order.cancel()
        await asyncio.gather(*orders, return_exceptions=True)

    async def _carry_out(self, items: list[Item]) -> None:
        order = _Order(items, on_change=self._watcher.uploads_progressed)
        trouble: TonearmError | None = None
        try:
            async with self._turn:
                await self._send(order)
        except TonearmError as error:
            trouble = error
        finally:
            order.end(trouble)
        told = _concluded(items)
        self._watcher.uploads_ended(f"{trouble.detail}: {told}" if trouble else told, is_error=order.has_failed)
        if isinstance(trouble, Unauthenticated):
            self._watcher.session_ended()

    async def _send(self, order: _Order) -> None:
        from tonearm_api.sending.journal import open_journal  # noqa: PLC0415 - wanted by nobody who only listens
        from tonearm_api.sending.transfers import Transfers  # noqa: PLC0415

        login = self._client.store.find()
        account = login.email if login else ""
        with open_journal(self._journal, server=self._client.server, account=account) as journal:
            await Transfers(self._client, order, journal=journal, wait=True).send_all(order.paths, at_once=_AT_ONCE)


class _Order:
    """sending.transfers.Watcher for the files of one order."""

    def __init__(self, items: list[Item], *, on_change: Callable[[], None]) -> None:
        self._items = {item.path: item for item in items}
        self._on_change = on_change

    @property
    def paths(self) -> list[Path]:
        return list(self._items)

    @property
    def has_failed(self) -> bool:
        return any(item.state in {State.REFUSED, State.NOT_SENT} for item in self._items.values())

    def started(self, path: Path) -> None:
        self._set(path, state=State.SENDING)

    def sent(self, path: Path, *, sent_bytes: int) -> None:
        """Every 64 KiB: only what can be seen is told on."""
        item = self._items[path]
        before, item.sent_bytes = item.percent, sent_bytes
        if item.percent != before or item.trouble:
            item.trouble = ""
            self._on_change()

    def resumed(self, path: Path, *, at_bytes: int) -> None:
        self._items[path].resumed_at_bytes = at_bytes
        self._set(path, state=State.SENDING)

    def interrupted(self, path: Path, error: TonearmError) -> None:
        self._set(path, state=State.SENDING, trouble=f"{error.detail}; trying again")

    def verifying(self, path: Path) -> None:
        self._set(path, state=State.VERIFYING)

    def decided(self, path: Path, verdict: Verdict) -> None:
        self._items[path].verdict = verdict
        if verdict.state == "refused":
            self._set(path, state=State.REFUSED, trouble=verdict.message or "")
        elif verdict.state == "verifying":
            self._set(path, state=State.VERIFYING)
        else:
            self._set(path, state=State.THERE if verdict.new is False else State.UPLOADED)

    def end(self, trouble: TonearmError | None) -> None:
        """Nothing more is sent: whatever has no verdict gets none."""
        for item in self._items.values():
            if not item.is_over:
                item.state, item.trouble = State.NOT_SENT, trouble.detail if trouble else ""
        self._on_change()

    def _set(self, path: Path, *, state: State, trouble: str = "") -> None:
        item = self._items[path]
        item.state, item.trouble = state, trouble
        self._on_change()


def typed_paths(text: str) -> list[Path]:
    """The paths that a person typed or dropped on the terminal, which writes them as a shell would read them."""
    text = text.strip()
    whole = Path(text).expanduser()
    if not text or whole.exists():
        return [whole] if text else []
    try:
        words = shlex.split(text)
    except ValueError:  # an apostrophe of a name
        return [whole]
    paths = [Path(word).expanduser() for word in words]
    return paths if all(path.exists() for path in paths) else [whole]


def _find(paths: Sequence[Path]) -> list[Item]:
    from tonearm_api.sending.files import display_path, find_files  # noqa: PLC0415 - see Uploading._send

    return [
        Item(path=path, name=safe_text(display_path(Path(path.name))), size_bytes=_size_bytes(path))
        for path in find_files(paths)
    ]


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # the one who reads it says why


def _concluded(items: Sequence[Item]) -> str:
    """As the command line concludes: 3 files uploaded, 1 already there, 2 refused."""
    from tonearm_api.sending.transfers import conclusion  # noqa: PLC0415 - see Uploading._send

    return conclusion([item.verdict for item in items if item.verdict is not None], asked=len(items))
