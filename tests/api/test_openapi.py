"""The OpenAPI document is valid, complete and the one in docs/."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
from openapi_spec_validator import validate
from tests.support import RunningServer

from tonearm_api.contract import ENDPOINTS
from tonearm_api.openapi import document

DOCS = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_document_is_openapi_3_1() -> None:
    validate(document(ENDPOINTS))


def test_every_endpoint_is_described() -> None:
    paths = document(ENDPOINTS)["paths"]

    for endpoint in ENDPOINTS:
        operation = paths[endpoint.path][endpoint.method.lower()]
        assert endpoint.name == operation["operationId"]
        assert str(endpoint.status) in operation["responses"]


def test_the_one_in_docs_is_current() -> None:
    written = json.loads(DOCS.read_text())

    assert document(ENDPOINTS) == written, "run: python tools/write_openapi.py"


async def test_the_server_serves_it_to_everyone(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.get("/api/openapi.json")

    assert document(ENDPOINTS) == answer.json()
