"""What the browser tests share: Chromium's flags, a watch on everything a page complains about, short waits."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.async_api import Browser, Page, Playwright, ViewportSize

from tests.support import OWNER_EMAIL, OWNER_PASSWORD
from tests.support import until as eventually

PHONE: ViewportSize = {"width": 360, "height": 640}
DESKTOP: ViewportSize = {"width": 1440, "height": 900}

WAIT_S = 30

_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

_TARGET_PX = 44
_SMALL_TARGETS = f"""
[...document.querySelectorAll("a, button, input, summary")].filter((control) => {{
  const isShown = control.checkVisibility({{ visibilityProperty: true }}) && !control.matches(".skip, .unseen");
  const {{ width, height }} = (control.closest("label") ?? control).getBoundingClientRect();
  return isShown && width > 0 && Math.min(width, height) < {_TARGET_PX} - 0.5;
}}).map((control) => control.outerHTML.slice(0, 120))
"""

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`violation: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


async def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium; Playwright's own builds are never downloaded."""
    return await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(_FLAGS))


async def watch(page: Page, complaints: list[str]) -> None:
    """Fill the list with whatever goes wrong on the page: errors, violations of its policy, dialogs."""
    await page.add_init_script(_REPORT_VIOLATIONS)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    page.set_default_timeout(WAIT_S * 1000)


async def sign_in(page: Page) -> None:
    await page.goto("/login")
    await page.fill("#email", OWNER_EMAIL)
    await page.fill("#password", OWNER_PASSWORD)
    await page.click("button[type=submit]")
    await page.wait_for_selector(".rows.live")


async def violations(page: Page) -> list[str]:
    """What axe finds."""
    await page.evaluate(_AXE)
    result: dict[str, Any] = await page.evaluate("axe.run({resultTypes: ['violations']})")  # Any: axe's own report
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in result["violations"]]


async def small_targets(page: Page) -> list[str]:
    """Controls that a finger misses."""
    found: list[str] = await page.evaluate(_SMALL_TARGETS)
    return found


async def until(page: Page, expression: str) -> Any:  # Any: what the expression gives
    """The first truthy value of a JavaScript expression. Polls, because the page's policy forbids eval in it."""
    return await eventually(lambda: page.evaluate(expression), what=expression, timeout_s=WAIT_S)


async def position_s(page: Page) -> float:
    """Where the sound is, by the media clock."""
    return float(await page.evaluate("document.getElementById('sound').currentTime"))


async def said(page: Page, pattern: str) -> str:
    """What the status region says, once it matches."""

    async def matching() -> str | None:
        text = await page.inner_text("#status")
        return text if re.search(pattern, text) else None

    return await eventually(matching, what=f"“{pattern}” is said", timeout_s=WAIT_S)


def row(title: str) -> str:
    """The selector of a list's row by its title."""
    return f'.row:has([data-slot="title"]:text-is("{title}"))'
