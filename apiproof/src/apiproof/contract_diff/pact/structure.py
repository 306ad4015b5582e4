"""Whether a document is built as OpenAPI is, so that the rest of `compare` may rely on it."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs


def flaw(raw: Mapping[str, Any]) -> str | None:
    """The first thing that isn't built as OpenAPI 3 is: where, and what; None for a sound one."""
    error = next(iter(_validator().iter_errors(raw)), None)
    if error is None:
        return None
    place = "/".join(
        ["#", *(str(s).replace("~", "~0").replace("/", "~1") for s in error.instance_path)]
    )
    return f"{place}: {error.message}"


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    text = Path(__file__).with_name("structure.json").read_text(encoding="utf-8")
    return jsonschema_rs.Draft202012Validator(json.loads(text), mask="this part")
