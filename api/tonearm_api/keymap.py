"""The keys, once: every action with its terminal keys and, where it has them, its web keys.

The terminal player binds from this table, `tonearm keys` and the help screens print it, the page's script
reads it. Web keys take no ctrl, alt or meta chord. Key names are Textual's for the terminal and
`KeyboardEvent.key` values for the web; `g l` is `g`, then `l`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """`id` is stable: people remap by it."""

    id: str
    group: str
    title: str
    tui: tuple[str, ...] = ()
    web: tuple[str, ...] = ()
    shown: str
    """The keys as a person reads them."""


def _action(action_id: str, title: str, shown: str, *, tui: str = "", web: tuple[str, ...] = ()) -> Action:
    """`tui` holds the keys separated by commas, as Textual writes them."""
    return Action(
        id=action_id,
        group=_GROUPS[action_id.partition(".")[0]],
        title=title,
        tui=tuple(key for key in tui.split(",") if key),
        web=web,
        shown=shown,
    )


_GROUPS = {"player": "Playing", "queue": "Queue", "list": "Lists", "track": "Tracks", "view": "Views", "app": "Tonearm"}

ACTIONS: tuple[Action, ...] = (
    _action("player.toggle", "Play or pause", "space", tui="space", web=(" ",)),
    _action("player.next", "Next track", "> .", tui="greater_than_sign,full_stop", web=(">", ".")),
    _action("player.previous", "Previous track", "< ,", tui="less_than_sign,comma", web=("<", ",")),
    _action("player.forward", "5 seconds on", "→ f", tui="right,f", web=("ArrowRight", "f")),
    _action("player.back", "5 seconds back", "← b", tui="left,b", web=("ArrowLeft", "b")),
    _action("player.forward_far", "30 seconds on", "}", tui="right_curly_bracket,shift+right", web=("}",)),
    _action("player.back_far", "30 seconds back", "{", tui="left_curly_bracket,shift+left", web=("{",)),
    _action("player.seek_tenth", "Jump to 0–90 %", "'0 … '9", tui="apostrophe", web=("'",)),
    _action("player.louder", "Louder", "+", tui="plus,equals_sign", web=("+", "=")),
    _action("player.quieter", "Quieter", "-", tui="minus", web=("-",)),
    _action("player.mute", "Mute", "m", tui="m", web=("m",)),
    _action("player.loop", "Loop: off, all, one", "r", tui="r", web=("r",)),
    _action("player.shuffle", "Shuffle", "s", tui="s", web=("s",)),
    _action("player.show", "Page of what plays", "I", tui="I"),
    _action("queue.add", "Add to the queue", "a", tui="a", web=("a",)),
    _action("queue.add_next", "Play next", "A", tui="A", web=("A",)),
    _action("queue.remove", "Take out of the queue", "d", tui="d"),
    _action("queue.clear", "Clear the queue", "D", tui="D"),
    _action("queue.move_down", "Move down", "J", tui="J"),
    _action("queue.move_up", "Move up", "K", tui="K"),
    _action("queue.undo", "Undo the last queue change", "u", tui="u"),
    _action("list.open", "Play", "enter", tui="enter", web=("Enter",)),
    _action("list.down", "Down", "j ↓", tui="j,down", web=("j", "ArrowDown")),
    _action("list.up", "Up", "k ↑", tui="k,up", web=("k", "ArrowUp")),
    _action("list.page_down", "Page down", "ctrl+d PgDn", tui="ctrl+d,pagedown", web=("PageDown",)),
    _action("list.page_up", "Page up", "ctrl+u PgUp", tui="ctrl+u,pageup", web=("PageUp",)),
    _action("list.top", "First", "gg Home", tui="g g,home", web=("Home",)),
    _action("list.bottom", "Last", "G End", tui="G,end", web=("G", "End")),
    _action("list.current", "Go to what plays", "c", tui="c", web=("c",)),
    _action("track.like", "Like or unlike", "*", tui="asterisk", web=("*",)),
    _action("track.upload", "Upload files or a folder", "U", tui="U"),
    _action("track.show", "Track page", "i", tui="i", web=("i",)),
    _action("view.recent", "Recent", "1 gr", tui="1,g r", web=("1",)),
    _action("view.liked", "Liked", "2 gl", tui="2,g l", web=("2",)),
    _action("view.popular", "Popular", "3 gp", tui="3,g p"),
    _action("view.uploads", "My uploads", "4 gu", tui="4,g u"),
    _action("view.queue", "Queue", "5 gq", tui="5,g q"),
    _action("view.search", "Search", "/", tui="slash,ctrl+f", web=("/",)),
    _action("app.palette", "All commands", ": ctrl+p", tui="colon,ctrl+p"),
    _action("app.help", "Keys", "?", tui="question_mark", web=("?",)),
    _action("app.back", "Close, leave a field", "esc", tui="escape", web=("Escape",)),
    _action("app.sign_out", "Sign out", ": sign out"),
    _action("app.quit", "Quit", "q ctrl+q", tui="q,ctrl+q"),
)


def find_action(action_id: str) -> Action:
    """The action of that id; KeyError where there is none."""
    return {action.id: action for action in ACTIONS}[action_id]
