"""Keeping secrets out of Schemathesis' HAR reports.

Schemathesis 4.32.5 filters headers and URLs there (reporting/har.py), but no body: a fuzzed login
leaves its password and its tokens behind. It must not know which operations there are.
"""

import json
import re
from pathlib import Path
from typing import Any

FILTERED = "[Filtered]"

_NAME = r"(?:[\w-]*(?:token|password|secret)[\w-]*|[\w-]*code)"
_JSON_FIELD = re.compile(rf'("{_NAME}"\s*:\s*)"(?:[^"\\]|\\.)*"?', re.IGNORECASE)
_FORM_FIELD = re.compile(rf"((?:^|&){_NAME}=)[^&]*", re.IGNORECASE)
_TOKEN = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.?[\w-]*")


def redact(text: str) -> str:
    """Return a body without the values of fields that carry secrets, and without tokens."""
    text = _JSON_FIELD.sub(rf'\1"{FILTERED}"', text)
    text = _FORM_FIELD.sub(rf"\1{FILTERED}", text)
    return _TOKEN.sub(FILTERED, text)


def redact_har(path: Path) -> None:
    """Take the secrets out of a HAR file's bodies, in place; half a file is removed."""
    if not path.is_file():
        return
    try:
        har = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # an interrupted run wrote half of it
        path.unlink()
        return
    for entry in har["log"]["entries"]:
        _redact_text(entry["request"].get("postData", {}))
        _redact_text(entry["response"].get("content", {}))
        for parameter in entry["request"].get("postData", {}).get("params") or []:
            if re.fullmatch(_NAME, parameter.get("name", ""), re.IGNORECASE):
                parameter["value"] = FILTERED
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(har, indent=1), encoding="utf-8")
    draft.replace(path)  # atomic: an interrupted run leaves no half file


def _redact_text(part: dict[str, Any]) -> None:
    if isinstance(part.get("text"), str):
        part["text"] = redact(part["text"])
