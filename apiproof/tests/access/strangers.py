"""Small applications as a stranger probes them: with a file that names two users of theirs."""

from typing import Any

from fastapi import FastAPI

from apiproof.access import AccessReport, Probe, ProbeOptions
from apiproof.access.accounts import Accounts
from apiproof.access.users_wfc import users_of
from apiproof.http.client import AsgiClient
from tests.apps.members import LENT, PASSWORD

LOGIN: dict[str, Any] = {
    "verb": "POST",
    "endpoint": "/login",
    "contentType": "application/json",
    "payloadUserPwd": {"usernameField": "username", "passwordField": "password"},
}
BEARER = {
    "extractFrom": "body",
    "extractSelector": "/token",
    "sendIn": "header",
    "sendName": "Authorization",
    "sendTemplate": "Bearer {token}",
}


def identities(
    names: tuple[str, ...] = LENT,
    token: dict[str, Any] | None = None,
    headers: dict[str, dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Return an auth document.

    Args:
        names: Of the users.
        token: How the login's token is sent.
        headers: Further headers, for each user.
    """
    return {
        "authTemplate": {"loginEndpointAuth": {**LOGIN, "token": token or BEARER}},
        "auth": [
            {
                "name": name,
                "loginEndpointAuth": {"payloadUserPwd": {"username": name, "password": PASSWORD}},
                "fixedHeaders": [
                    {"name": header, "value": value}
                    for header, value in (headers or {}).get(name, {}).items()
                ],
            }
            for name in names
        ],
    }


def probed(app: FastAPI, document: dict[str, Any] | None = None, **options: Any) -> AccessReport:
    """Probe an application.

    Args:
        app: The application.
        document: Its identities; two users by default.
        options: Of the probe.
    """
    with AsgiClient(app) as client:
        accounts = Accounts(users_of(document or identities(), "identities"), client)
        chosen = ProbeOptions(quick=True, is_strict=False, **options)
        return Probe(app.openapi(), accounts, client, options=chosen).run()


def assert_found(report: AccessReport, expected: str) -> None:
    """Assert that a check has found something, by the beginning of its case."""
    check, _, case = expected.partition("/")
    found = {finding.id for finding in report.findings}
    assert any(one.check == check and one.case.startswith(case) for one in report.findings), found
