"""What each action of the key table does on the main screen: one entry an action, checked by a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tonearm_tui import views
from tonearm_tui.screens.quitting import quit_player

if TYPE_CHECKING:
    from tonearm_tui.screens.main import MainScreen

_STEP_MS, _FAR_STEP_MS = 5_000, 30_000
_VOLUME_STEP = 5


def commands(screen: MainScreen) -> dict[str, Callable[..., Any]]:
    """By action id. Only `player.seek_tenth` takes an argument: the digit."""
    playback, queueing, rows = screen.playback, screen.queueing, screen.rows
    return {
        "player.toggle": rows.toggle,
        "player.next": playback.next,
        "player.previous": playback.previous,
        "player.forward": lambda: playback.seek_by(_STEP_MS),
        "player.back": lambda: playback.seek_by(-_STEP_MS),
        "player.forward_far": lambda: playback.seek_by(_FAR_STEP_MS),
        "player.back_far": lambda: playback.seek_by(-_FAR_STEP_MS),
        "player.seek_tenth": lambda tenth: playback.seek_share(tenth / 10),
        "player.louder": lambda: playback.change_volume(_VOLUME_STEP),
        "player.quieter": lambda: playback.change_volume(-_VOLUME_STEP),
        "player.mute": playback.toggle_mute,
        "player.loop": queueing.change_loop,
        "player.shuffle": queueing.toggle_shuffle,
        "player.show": rows.show_playing,
        "queue.add": lambda: rows.with_track(queueing.add),
        "queue.add_next": lambda: rows.with_track(queueing.add_next),
        "queue.remove": lambda: rows.with_entry(queueing.remove),
        "queue.clear": queueing.clear,
        "queue.move_down": lambda: rows.move_entry(1),
        "queue.move_up": lambda: rows.move_entry(-1),
        "queue.undo": queueing.undo,
        "list.open": rows.open_current,
        "list.down": lambda: screen.table.move_cursor(screen.table.cursor + 1),
        "list.up": lambda: screen.table.move_cursor(screen.table.cursor - 1),
        "list.page_down": lambda: screen.table.page(1),
        "list.page_up": lambda: screen.table.page(-1),
        "list.top": lambda: screen.table.move_cursor(0),
        "list.bottom": lambda: screen.table.move_cursor(len(screen.table.rows) - 1),
        "list.current": rows.go_to_playing,
        "track.like": lambda: rows.with_track(rows.like),
        "track.upload": screen.uploads.show,
        "track.show": lambda: rows.with_track(screen.show_track),
        "view.recent": lambda: screen.open_view(views.RECENT),
        "view.liked": lambda: screen.open_view(views.LIKED),
        "view.popular": lambda: screen.open_view(views.POPULAR),
        "view.uploads": lambda: screen.open_view(views.UPLOADS),
        "view.queue": screen.open_queue,
        "view.search": screen.start_search,
        "app.palette": screen.app.action_command_palette,
        "app.help": screen.show_help,
        "app.back": screen.go_back,
        "app.sign_out": screen.sign_out,
        "app.quit": lambda: quit_player(screen),
    }
