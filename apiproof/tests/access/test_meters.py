"""`access init` writes machines for a document in which clients get tokens for their secrets."""

import json
from typing import Any

import pytest
import yaml

from apiproof.access.identities_file import identities_file
from apiproof.access.users_wfc import users_of, without_base
from tests.access.strangers import probed
from tests.apps.meters import CLIENTS, WAYS, create_meters


def _filled_in(document: dict[str, Any]) -> dict[str, Any]:
    for entry, (client, secret) in zip(document["auth"], CLIENTS.items(), strict=True):
        if "clientCredentials" in entry:
            machine = entry["clientCredentials"]
            assert (machine["clientId"], machine["clientSecret"]) == ("FILL IN", "FILL IN")
            machine.update(clientId=client, clientSecret=secret)
        else:
            login = entry["loginEndpointAuth"]
            said = json.loads(login["payloadRaw"])
            assert said == {"client_id": "FILL IN", "client_secret": "FILL IN"}
            login["payloadRaw"] = json.dumps({"client_id": client, "client_secret": secret})
    return document


@pytest.mark.parametrize("way", WAYS)
def test_machines_enter_with_the_file_that_is_written(way: str) -> None:
    app = create_meters(way)
    document: dict[str, Any] = yaml.safe_load(identities_file(app.openapi()))
    if way in {"form", "header"}:
        assert document["auth"][0]["clientCredentials"]["scope"] == "read add"
    report = probed(app, _filled_in(document))
    assert [finding.line for finding in report.findings] == []
    entered = {cell.case for cell in report.cells if cell.operation_id == "read_meter" and cell.got}
    assert "valid" in entered


def test_a_token_url_counts_from_the_root_of_the_host_as_logins_do() -> None:
    machine = {"tokenUrl": "/api/oauth/token", "clientId": "roof", "clientSecret": "secret"}
    [user] = users_of({"auth": [{"name": "roof", "clientCredentials": machine}]}, "identities")
    found = without_base(user, "/api", {"/oauth/token": {}}).entry["loginEndpointAuth"]
    assert found["endpoint"] == "/oauth/token"
