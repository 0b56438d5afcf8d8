"""The one door between the server and untrusted bytes: every parser runs behind it, in a caged child."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from tonearm_api.errors import BrokenContainer, RefusedFile, Unavailable, all_errors
from tonearm_api.library import CoverSize
from tonearm_server.audio.analysis import Analyser
from tonearm_server.audio.child.answers import COVERS, HEADER, Answer, Covers, Header, Refused
from tonearm_server.audio.parsers import Parsers
from tonearm_server.audio.types import Analysis, AudioHeader

log = logging.getLogger(__name__)

_ANSWERS: Final[msgspec.msgpack.Decoder[Answer]] = msgspec.msgpack.Decoder(Answer)
_REFUSALS: Final = {error.code: error for error in all_errors() if issubclass(error, RefusedFile)}


class Sandbox:
    """Reads files that anybody may have made. `start` before use; `close` ends every child.

    Descriptors are open regular files; they stay the caller's to close, and their position does not move.
    """

    def __init__(self, *, ffmpeg: Path | None = None) -> None:
        """`ffmpeg` is the program to decode with; None for the one that comes as a wheel."""
        self._parsers = Parsers()
        self._analyser = Analyser(ffmpeg=ffmpeg)

    async def start(self) -> None:
        """Start the children's parent; a WARNING names each layer of protection that this machine lacks,
        an ERROR says why there is none. It is tried again when a file comes."""
        await self._parsers.start()

    async def missing_layers(self) -> list[str]:
        """The layers of protection that this machine lacks. Raises Unavailable where no file could be read at all."""
        return await self._parsers.missing_layers()

    async def close(self) -> None:
        await self._analyser.close()
        await self._parsers.close()

    async def read_header(self, descriptor: int) -> AudioHeader:
        """Format, duration and tags as declared. Raises the reason for which the file cannot become a track
        (EmptyFile, UnknownFormat, PlaylistFile, BrokenContainer, TruncatedAudio, TagLimits), or Unavailable."""
        answer = await self._ask(HEADER, descriptor)
        if not isinstance(answer, Header):
            raise _refusal(answer)
        return answer.header

    async def render_covers(self, descriptor: int) -> dict[int, bytes]:
        """The embedded cover as WebP by `CoverSize`, never enlarged; empty where there is none that can be shown."""
        answer = await self._ask(COVERS, descriptor)
        if not isinstance(answer, Covers):
            raise _refusal(answer)
        return {size: webp for size, webp in answer.by_size.items() if size in set(CoverSize) and _is_webp(webp)}

    async def analyse(self, descriptor: int, *, header: AudioHeader) -> Analysis:
        """Decode all of the audio once. Raises Undecodable, TruncatedAudio, or Unavailable."""
        return await self._analyser.analyse(descriptor, header=header)

    async def _ask(self, kind: bytes, descriptor: int) -> Answer:
        answer = await self._parsers.parse(kind, descriptor)
        try:
            return _ANSWERS.decode(answer)
        except msgspec.MsgspecError as broken:
            log.warning("A parser's child answered nonsense: %s", broken)
            raise BrokenContainer from broken


SANDBOX: web.AppKey[Sandbox] = web.AppKey("sandbox", Sandbox)


def _refusal(answer: Answer) -> RefusedFile | Unavailable:
    if not isinstance(answer, Refused) or answer.code not in _REFUSALS:
        return Unavailable()
    if answer.note:
        log.info("A file was refused as %s: %r", answer.code, answer.note)
    return _REFUSALS[answer.code]()


def _is_webp(picture: bytes) -> bool:
    return picture[:4] == b"RIFF" and picture[8:12] == b"WEBP"
