"""Templates to HTML responses: one escaping environment, one content policy. Knows no route."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import cached_property
from http import HTTPStatus
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import hdrs, web
from markupsafe import Markup

from tonearm_api.design import LACQUER, SLEEVE
from tonearm_api.devices import device_text
from tonearm_api.keymap import ACTIONS
from tonearm_api.text import clock_text, safe_text
from tonearm_server.auth.browser import is_trustworthy
from tonearm_server.auth.identity import find_viewer
from tonearm_server.web.assets import ASSETS, Assets
from tonearm_server.web.moments import ago_text, day_text

if TYPE_CHECKING:
    import jinja2

_SELF = "'self'"
_SOURCES = {
    "default-src": "'none'",
    "script-src": _SELF,
    "style-src": _SELF,
    "img-src": _SELF,
    "media-src": _SELF,
    "connect-src": _SELF,
    "base-uri": "'none'",
    "form-action": _SELF,
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
_CONTENT_POLICY = "; ".join(f"{directive} {value}" for directive, value in _SOURCES.items())

_ACTIONS = tuple(action for action in ACTIONS if action.web)
_KEY_TABLE = {key: action.id for action in _ACTIONS for key in action.web}
_KEY_GROUPS = [(group, list(members)) for group, members in groupby(_ACTIONS, key=lambda action: action.group)]
_KEY_NAMES = {
    " ": "space",
    "ArrowRight": "→",
    "ArrowLeft": "←",
    "ArrowUp": "↑",
    "ArrowDown": "↓",
    "PageDown": "PgDn",
    "PageUp": "PgUp",
    "Escape": "esc",
    "'": "' 0–9",
}
"""`KeyboardEvent.key` values as a person reads them."""


class Pages:
    """Every template, compiled when it is first asked for."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets

    @cached_property
    def environment(self) -> jinja2.Environment:
        import jinja2  # noqa: PLC0415  # 150 ms of the server's start, which only a browser needs

        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            finalize=_safe,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.filters |= {"clock": clock, "size": size, "json": script_json}
        environment.filters |= {"device": device_text, "ago": ago_text, "day": day_text}
        environment.globals |= {
            "static": self._assets.url,
            "modules": self._assets.modules(),
            "key_groups": _KEY_GROUPS,
            "key_table": _KEY_TABLE,
            "key_names": _KEY_NAMES,
            "theme": {"dark": LACQUER.surface, "light": SLEEVE.surface},
        }
        return environment

    def render(self, template: str, values: Mapping[str, Any]) -> str:  # Any: templates take what they name
        return self.environment.get_template(template).render(values)


PAGES: web.AppKey[Pages] = web.AppKey("pages", Pages)


def page_headers() -> dict[str, str]:
    """What every page carries beside the headers of every answer. Nothing of a page is ever cached."""
    return {
        "Content-Security-Policy": _CONTENT_POLICY,
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        hdrs.CACHE_CONTROL: "no-store",
    }


def page_response(
    request: web.Request, template: str, *, status: int = HTTPStatus.OK, **values: Any
) -> web.Response:  # Any: templates take what they name
    """The page that `template` makes of `values` and of who is looking."""
    known = {
        "viewer": find_viewer(request),
        "path": request.path,
        "path_qs": request.path_qs,
        "is_insecure": not is_trustworthy(request),
    }
    text = request.app[PAGES].render(template, {**known, **values})
    return web.Response(text=text, status=status, content_type="text/html", headers=page_headers())


def setup(app: web.Application) -> None:
    app[PAGES] = Pages(app[ASSETS])
    app.cleanup_ctx.append(_prepare)


async def _prepare(app: web.Application) -> AsyncIterator[None]:
    """Make the environment while the first people are still on their way."""
    preparing = asyncio.create_task(asyncio.to_thread(lambda: app[PAGES].environment), name="templates")
    yield
    await asyncio.wait((preparing,))


def clock(duration_ms: int | None) -> str:
    """`3:41`, `1:02:03`, or a dash where the length is not known. The page's script writes the same."""
    return clock_text(duration_ms, unknown="–")


def size(size_bytes: int) -> str:
    """`24.1 MB`, in powers of ten as shops and disks count."""
    return f"{size_bytes / 1e6:.1f} MB"


def script_json(value: object) -> Markup:
    """`value` as JSON that cannot end the element it stands in (ASVS 5.0 1.2.3)."""
    text = msgspec.json.encode(value).decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704  # nothing is left that HTML reads


def _safe(value: Any) -> Any:  # Any: whatever a template prints
    """Every string passes the one sanitiser before it is escaped; markup of our own stays."""
    return safe_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value
