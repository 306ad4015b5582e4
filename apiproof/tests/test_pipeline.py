"""Security that code and document lost together is found against the committed document."""

from typing import Any

import pytest

from apiproof.pipeline import lost_security


def document(*security: dict[str, list[str]]) -> dict[str, Any]:
    operation = {"operationId": "read", "security": list(security), "responses": {}}
    return {"openapi": "3.1.0", "info": {}, "paths": {"/x": {"get": operation}}}


@pytest.mark.parametrize(
    ("after", "lost"),
    [
        (document({"token": ["a"]}), []),
        (document({"token": ["a", "b"]}), []),
        (document(), ["document/security_kept/read/open"]),
        (document({}), ["document/security_kept/read/open"]),
        (document({"token": []}), ["document/security_kept/read/scopes"]),
    ],
)
def test_security_that_was_removed_is_found(after: dict[str, Any], lost: list[str]) -> None:
    before = document({"token": ["a"]})
    assert [finding.id for finding in lost_security(before, after)] == lost
