"""A dialog that fits every window: its body scrolls, and what closes it always stays in sight."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen, ScreenResultType
from textual.widget import Widget
from textual.widgets import Static


class Dialog(ModalScreen[ScreenResultType]):
    """`hint` names the keys; `fixed_lines` is what heading, hint and padding take of the height."""

    def __init__(self, *, hint: str, fixed_lines: int) -> None:
        super().__init__()
        self._hint = Static(hint, classes="hint", markup=False)
        self._hint_text, self._fixed_lines = hint, fixed_lines

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield from self.compose_head()
            yield self.body
            yield self._hint

    def compose_head(self) -> ComposeResult:
        raise NotImplementedError

    @property
    def body(self) -> Widget:
        """The part that scrolls; always the same widget."""
        raise NotImplementedError

    def on_resize(self) -> None:
        self.body.styles.max_height = max(1, self.size.height - self._fixed_lines)
        self.show_rest()

    def set_hint(self, text: str) -> None:
        """Name other keys."""
        if text != self._hint_text:
            self._hint_text = text
            self.show_rest()

    def show_rest(self) -> None:
        """Say whether there is more than can be seen; to be called when the body changed."""
        self.call_after_refresh(self._show_rest)

    def _show_rest(self) -> None:
        has_more = self.body.max_scroll_y > 0
        self._hint.update(f"{self._hint_text}   ↑ ↓ more" if has_more else self._hint_text)
