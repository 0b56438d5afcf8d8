"""The keys that the last line names, most useful first. Pure."""

from __future__ import annotations

from tonearm_api.keymap import find_action

SEARCH_HINTS = (("[search the library]", ""), ("enter", "play"), ("↑ ↓", "choose"), ("esc", "leave the field"))

_LIST = {
    "view.search": "search",
    "app.help": "keys",
    "player.toggle": "pause",
    "list.open": "play",
    "queue.add": "queue",
    "track.like": "like",
    "track.upload": "upload",
    "app.palette": "commands",
}
_QUEUE = {
    "list.open": "play",
    "app.help": "keys",
    "queue.remove": "take out",
    "queue.move_down": "move",
    "queue.clear": "clear",
    "queue.undo": "undo",
    "app.back": "back",
}


def _pairs(words: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The first key of each action and a word for it."""
    return tuple((find_action(action_id).shown.split()[0], word) for action_id, word in words.items())


LIST_HINTS = _pairs(_LIST)
QUEUE_HINTS = _pairs(_QUEUE)
