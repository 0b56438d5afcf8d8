"""Who holds an upload's staged bytes in this process, and when another request may have them. Knows no storage."""

from __future__ import annotations

import asyncio

from tonearm_api.errors import Locked
from tonearm_server.kit.deadlines import Sender

_SILENT_S = 5
"""Longer than a line that is only slow is silent; much shorter than the 30 s after which the body is given up."""

_LET_GO_S = 10
"""For a sync of what one request may leave unsynced, on a slow disk."""


class Holder:
    """A request that has an upload's staged bytes, and waits for more of them from `sender`."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self.is_gone = asyncio.Event()

    def is_silent(self) -> bool:
        return self._sender.silent_s() >= _SILENT_S

    async def give_up(self) -> None:
        """Break the request off and wait until it has synced what came. Raises Locked where that takes too long."""
        self._sender.stop()
        try:
            await asyncio.wait_for(self.is_gone.wait(), _LET_GO_S)
        except TimeoutError as error:
            raise Locked from error
