"""Sending music from here: asks for a file or folder, shows how far everything is. Leaving it stops nothing."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Static

from tonearm_api.errors import TonearmError
from tonearm_api.text import safe_text
from tonearm_tui.screens.dialog import Dialog
from tonearm_tui.uploading import Uploading, typed_paths
from tonearm_tui.widgets.upload_list import UploadList

_FIXED_LINES = 10
"""Heading, field, summary and hint, a blank line after each but the last, one more, and one at either edge."""

_IDLE_HINT = "enter sends   tab completes   esc closes"
_BUSY_HINT = "esc leaves, the upload goes on   ctrl+g stops it"


class UploadScreen(Dialog[None]):
    """One `Uploading` over its life; the screen may come and go."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
        Binding("tab", "complete", "Complete", show=False, priority=True),
        Binding("ctrl+g", "stop", "Stop", show=False, priority=True),
        Binding("down", "scroll(1)", "Down", show=False),
        Binding("up", "scroll(-1)", "Up", show=False),
        Binding("pagedown", "scroll(10)", "Page down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
    ]

    def __init__(self, uploading: Uploading) -> None:
        super().__init__(hint=_IDLE_HINT, fixed_lines=_FIXED_LINES)
        self._uploading = uploading
        self._list = UploadList(uploading.items, id="upload-list")
        self._follows = True

    @property
    def body(self) -> Widget:
        return self._list

    def compose_head(self) -> ComposeResult:
        yield Static("Upload", classes="heading", markup=False)
        yield Input(
            placeholder="a file or a folder, such as ~/Music", id="upload-path", compact=True, suggester=Paths()
        )
        yield Static("", id="upload-summary", markup=False)

    def on_mount(self) -> None:
        self.changed()

    def changed(self) -> None:
        """The uploads are not what they were."""
        uploading = self._uploading
        self._say(uploading.summary)
        self.set_hint(_BUSY_HINT if uploading.is_running else _IDLE_HINT)
        self._list.changed(show_index=uploading.active_index if self._follows and uploading.items else None)

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self.changed)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        paths = typed_paths(event.value)
        if paths:
            self._say("Looking …")
            self._add(paths)

    @work(exit_on_error=False)
    async def _add(self, paths: list[Path]) -> None:
        try:
            number = await self._uploading.add(paths)
        except TonearmError as error:
            self._say(error.detail, is_error=True)
        except OSError as error:
            self._say(safe_text(error.strerror or "That cannot be read"), is_error=True)
        else:
            self._follows = True
            if number:
                self.query_one(Input).value = ""
            else:
                self._say("No audio files there", is_error=True)

    def action_complete(self) -> None:
        field = self.query_one(Input)
        if field.cursor_at_end:
            field.action_cursor_right()  # which takes the suggestion

    @work(exit_on_error=False)
    async def action_stop(self) -> None:
        await self._uploading.stop()

    def action_scroll(self, step: int) -> None:
        self._follows = False
        self._list.scroll_relative(y=step, animate=False)

    def _say(self, text: str, *, is_error: bool = False) -> None:
        summary = self.query_one("#upload-summary", Static)
        summary.set_class(is_error, "-error")
        summary.update(Content(f"! {text}" if is_error else text))


class Paths(Suggester):
    """Completes a path by the first name that begins as typed, folders before files."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(_complete, value)


def _complete(value: str) -> str | None:
    """Reads one folder. Names that cannot be typed or drawn as they are are left out."""
    folder, _, start = value.rpartition("/")
    if not value or (value.startswith("~") and not folder):
        return f"{value}/" if value == "~" else None
    try:
        with os.scandir(Path(f"{folder}/" if "/" in value else ".").expanduser()) as entries:
            names = sorted((not entry.is_dir(), entry.name) for entry in entries if _is_meant(entry.name, start=start))
    except OSError:
        return None
    if not names:
        return None
    is_file, name = names[0]
    return value[: len(value) - len(start)] + name + ("" if is_file else "/")


def _is_meant(name: str, *, start: str) -> bool:
    return name.startswith(start) and name.startswith(".") is start.startswith(".") and safe_text(name) == name
