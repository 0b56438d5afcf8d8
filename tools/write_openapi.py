"""Write docs/openapi.json from the endpoints."""

from __future__ import annotations

import json
from pathlib import Path

from tonearm_api.contract import ENDPOINTS
from tonearm_api.openapi import document

if __name__ == "__main__":
    target = Path(__file__).parents[1] / "docs" / "openapi.json"
    target.write_text(json.dumps(document(ENDPOINTS), indent=2, ensure_ascii=False) + "\n")
