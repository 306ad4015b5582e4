"""Machines in an identities file: where a document has them get tokens by a client's secret.

Source: RFC 6749, 4.4; OpenAPI 3.1, OAuth Flow Object.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from apiproof.access.fields import fields_of, with_field
from apiproof.access.http import FORM
from apiproof.access.login_entries import BEARER_TOKEN, MACHINE
from apiproof.access.payloads import PayloadSource
from apiproof.access.requirements import SecurityModel
from apiproof.access.users_wfc import FILL_IN
from apiproof.openapi.document import Operation

_ID = re.compile(r"^client[-_]?id$", re.IGNORECASE)
_SECRET = re.compile(r"^client[-_]?secret$", re.IGNORECASE)
_TO_FILL_IN = {"clientId": FILL_IN, "clientSecret": FILL_IN}


def machine_entry(security: SecurityModel, payloads: PayloadSource) -> dict[str, Any] | None:
    """Return how a machine gets its token, to be filled in; None where the document has no way.

    Args:
        security: The document's schemes and operations.
        payloads: What requests may hold.
    """
    declared = security.document.get("components", {}).get("securitySchemes", {})
    flows = (one.get("flows", {}) for one in declared.values() if isinstance(one, Mapping))
    flow = next((one["clientCredentials"] for one in flows if "clientCredentials" in one), None)
    issuing = _issuing(security, payloads, str(flow.get("tokenUrl", "")) if flow else "")
    if issuing is not None and payloads.body_schema(issuing)[0] != FORM:
        return {"loginEndpointAuth": _by_json(payloads, issuing)}
    if flow is None and issuing is None:
        return None
    scopes = " ".join((flow or {}).get("scopes", {}))
    url = str(flow["tokenUrl"]) if flow else issuing.path if issuing else ""
    absolute = url if "://" in url else "/" + url.lstrip("/")
    return {MACHINE: {"tokenUrl": absolute, **_TO_FILL_IN, **({"scope": scopes} if scopes else {})}}


def _issuing(security: SecurityModel, payloads: PayloadSource, url: str) -> Operation | None:
    """Return the operation that gives tokens for a client's secret, if it is the document's own."""
    path = urlsplit(url).path
    for operation in security.operations:
        if operation.method != "POST" or "{" in operation.path:
            continue
        names = [path[-1] for path, _ in fields_of(payloads.full_body(operation))]
        takes = any(map(_ID.search, names)) and any(map(_SECRET.search, names))
        if takes and (not url or ("/" + path.lstrip("/")).endswith(operation.path)):
            return operation
    return None


def _by_json(payloads: PayloadSource, issuing: Operation) -> dict[str, Any]:
    """Return a login that says a client's id and secret in JSON, which is no OAuth."""
    media, _ = payloads.body_schema(issuing)
    body: Any = {}
    names = {path for path, _ in fields_of(payloads.full_body(issuing, full=False))}
    for path, value in fields_of(payloads.full_body(issuing)):
        is_credential = _ID.search(path[-1]) or _SECRET.search(path[-1])
        if path[-1] == "grant_type":
            body = with_field(body, path, "client_credentials")
        elif is_credential or path in names:
            body = with_field(body, path, FILL_IN if is_credential else value)
    return {
        "verb": "POST",
        "endpoint": issuing.path,
        "contentType": media,
        "payloadRaw": json.dumps(body),
        "token": BEARER_TOKEN,
    }
