"""The terminal's two themes, made from the tokens that the web page uses too. Amber is never a role of a
toolkit colour: widgets ask for `$needle` by name, and only for what is audible."""

from __future__ import annotations

from dataclasses import asdict

from textual.theme import Theme

from tonearm_api.design import LACQUER, SLEEVE, Palette

DARK, LIGHT = "lacquer", "sleeve"


def variables(palette: Palette) -> dict[str, str]:
    """The tokens as style-sheet variables, and the toolkit's own set to match them."""
    tokens = {name.replace("_", "-"): value for name, value in asdict(palette).items()}
    return tokens | {
        "border": palette.edge,
        "border-blurred": palette.rule,
        "block-cursor-background": palette.raised,
        "block-cursor-foreground": palette.text,
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": palette.raised,
        "block-cursor-blurred-foreground": palette.text,
        "block-hover-background": palette.surface,
        "input-cursor-background": palette.text,
        "input-cursor-foreground": palette.bg,
        "input-selection-background": f"{palette.focus} 30%",
        "scrollbar": palette.rule,
        "scrollbar-hover": palette.edge,
        "scrollbar-active": palette.edge,
        "scrollbar-background": palette.bg,
        "scrollbar-background-hover": palette.bg,
        "scrollbar-background-active": palette.bg,
        "scrollbar-corner-color": palette.bg,
    }


def _theme(name: str, palette: Palette, *, dark: bool) -> Theme:
    return Theme(
        name=name,
        primary=palette.focus,
        secondary=palette.muted,
        accent=palette.focus,
        warning=palette.label,
        error=palette.error,
        success=palette.ok,
        foreground=palette.text,
        background=palette.bg,
        surface=palette.surface,
        panel=palette.raised,
        dark=dark,
        variables=variables(palette),
    )


THEMES = (_theme(DARK, LACQUER, dark=True), _theme(LIGHT, SLEEVE, dark=False))
