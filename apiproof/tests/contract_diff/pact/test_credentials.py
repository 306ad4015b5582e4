"""What a consumer shows of itself, against the security that an operation declares."""

from typing import Any

import pytest

from tests.contract_diff.pact.exchanges import errors, pact, serving, warnings

SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "Basic"},
    "oauth": {"type": "oauth2", "flows": {}},
    "oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://id.example"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "tls": {"type": "mutualTLS"},
}
CREDENTIALS: dict[str, Any] = {
    "bearer": {"headers": {"Authorization": "bearer x.y.z"}},
    "basic": {"headers": {"authorization": "Basic YTpi"}},
    "oauth": {"headers": {"Authorization": "Bearer x"}},
    "oidc": {"headers": {"Authorization": "Bearer x"}},
    "header": {"headers": {"x-key": "k"}},
    "query": {"query": {"key": ["k"]}},
    "cookie": {"headers": {"Cookie": "sid=1"}},
    "tls": {},
}


def guarded(*requirements: dict[str, list[str]]) -> dict[str, Any]:
    answers = {code: {"description": ""} for code in ("200", "default")}
    document = serving({"security": list(requirements), "responses": answers})
    document["components"]["securitySchemes"] = SCHEMES
    return document


@pytest.mark.parametrize("scheme", sorted(set(SCHEMES) - {"tls"}))
def test_credentials_of_every_scheme_must_be_shown(scheme: str) -> None:
    document = guarded({scheme: []})
    assert errors(pact(CREDENTIALS[scheme]), document) == []
    assert warnings(pact(CREDENTIALS[scheme]), document) == []
    assert errors(pact(), document) == ["request-security-missing"]
    assert errors(pact(response={"status": 404}), document) == ["request-security-missing"]


@pytest.mark.parametrize("status", [401, 403])
def test_refusal_needs_no_credentials(status: int) -> None:
    assert errors(pact(response={"status": status}), guarded({"oauth": []})) == []


def test_credentials_may_be_optional_alternative_or_combined() -> None:
    assert errors(pact(), guarded({"oauth": []}, {})) == []
    assert errors(pact(), guarded({"tls": []})) == []
    assert errors(pact(CREDENTIALS["header"]), guarded({"oauth": []}, {"header": []})) == []
    assert errors(pact(CREDENTIALS["header"]), guarded({"oauth": [], "header": []})) == [
        "request-security-missing"
    ]


def test_credentials_of_another_scheme_do_not_count() -> None:
    assert errors(pact(CREDENTIALS["basic"]), guarded({"bearer": []})) == [
        "request-security-missing"
    ]
    assert errors(pact({"headers": {"Authorization": "Bearer"}}), guarded({"bearer": []})) == [
        "request-security-missing"
    ]
