"""What an examination finds, as it is printed and as it travels through the control socket."""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["ok", "warning", "failed"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at. `hint` says what to do where it is not well."""

    name: str
    state: State
    message: str
    hint: str | None = None


class Examine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look at: `deep` reads every byte of audio and holds it against its hash."""

    deep: bool = False


def counted(name: str, wrong: list[str], *, well: str, ill: str, hint: str, state: State = "failed") -> Finding:
    """`well` where nothing is wrong; else how many there are, the first few by name, and the hint."""
    if not wrong:
        return Finding(name=name, state="ok", message=well)
    shown = ", ".join(wrong[:_SHOWN]) + (" …" if len(wrong) > _SHOWN else "")
    return Finding(name=name, state=state, message=f"{len(wrong)} {ill}: {shown}", hint=hint)


_SHOWN = 5
"""Names in one line; who mends the first few has the rest in the next run."""
