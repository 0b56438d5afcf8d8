"""The web player: pages that work without a script, and the modules that take over. Presents several slices."""

from tonearm_server.web.routes import setup

__all__ = ["setup"]
