"""Uploads as the main screen has them: a number in the first line, a page of their own, and lists fetched anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tonearm_tui import views
from tonearm_tui.screens.upload import UploadScreen
from tonearm_tui.uploading import Uploading
from tonearm_tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from tonearm_tui.screens.main import MainScreen


class Uploads:
    """uploading.Watcher for the main screen."""

    def __init__(self, screen: MainScreen, *, journal: Path) -> None:
        self._screen = screen
        self._uploading = Uploading(screen.client, journal=journal, watcher=self)

    @property
    def are_running(self) -> bool:
        return self._uploading.is_running

    def show(self) -> None:
        self._screen.app.push_screen(UploadScreen(self._uploading))

    async def close(self) -> None:
        await self._uploading.stop()

    def uploads_progressed(self) -> None:
        if self._screen.is_attached:
            self._screen.query_one(TopBar).show_uploads(self._uploading.left)
            for screen in self._screen.app.screen_stack:
                if isinstance(screen, UploadScreen):
                    screen.changed()

    def uploads_ended(self, summary: str, *, is_error: bool) -> None:
        self._screen.notice(f"{summary} · U shows why" if is_error else summary, is_error=is_error)
        self.uploads_progressed()
        for view in (views.RECENT, views.POPULAR, views.UPLOADS):
            self._fetch_anew(view)

    def session_ended(self) -> None:
        self._screen.session_ended()

    def _fetch_anew(self, view: str) -> None:
        """At once where it is looked at from its beginning; nobody who is further down loses the place."""
        library = self._screen.library
        if library.view != view:
            library.forget(view)
        elif library.table.cursor == 0:
            library.open(view)
