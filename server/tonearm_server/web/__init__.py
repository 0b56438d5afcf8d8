"""The web player's pages."""

from aiohttp import web


def setup(app: web.Application) -> None:
    pass
