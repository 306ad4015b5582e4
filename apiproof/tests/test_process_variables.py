"""Environment variables that are borrowed come back as they were, in whatever order."""

import os
from pathlib import Path

import psycopg2
import pytest
import requests
from starlette.applications import Starlette

from apiproof import process_variables
from apiproof.environment import Environment
from apiproof.service import Service


def test_the_last_borrower_wins_and_all_is_as_before_in_any_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("APIPROOF_TEST_A", "before")
    monkeypatch.delenv("APIPROOF_TEST_B", raising=False)
    first: process_variables.Changes = {"APIPROOF_TEST_A": "1", "APIPROOF_TEST_B": "1"}
    second: process_variables.Changes = {"APIPROOF_TEST_A": None}
    process_variables.borrow(first)
    process_variables.borrow(second)
    assert "APIPROOF_TEST_A" not in os.environ
    process_variables.give_back(first)
    assert "APIPROOF_TEST_A" not in os.environ
    assert "APIPROOF_TEST_B" not in os.environ
    process_variables.give_back(second)
    assert os.environ["APIPROOF_TEST_A"] == "before"


@pytest.mark.parametrize(
    "name",
    ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_PROFILE", "HTTP_PROXY",
     "https_proxy", "ALL_PROXY"],
)  # fmt: skip
def test_what_leads_astray_is_taken_away(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://192.0.2.1:1")
    monkeypatch.setenv("AWS_USER_POOL_ID", "mine")
    with process_variables.changed(process_variables.isolation()):
        assert name not in os.environ
        assert os.environ["AWS_USER_POOL_ID"] == "mine"  # an application's own
        assert os.environ["AWS_ACCESS_KEY_ID"] == "apiproof"
    assert os.environ[name] == "http://192.0.2.1:1"


def test_no_proxy_is_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "intern.example, 127.0.0.1")
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:1")
    with process_variables.changed(process_variables.unproxied_loopback()):
        assert requests.utils.get_environ_proxies("http://127.0.0.1:8000/x") == {}
        assert requests.utils.get_environ_proxies("http://localhost:8000/x") == {}
        assert requests.utils.get_environ_proxies("http://intern.example/x") == {}
        assert requests.utils.get_environ_proxies("http://example.org/x")["http"]
    assert os.environ["NO_PROXY"] == "intern.example, 127.0.0.1"


ASTRAY = "http://192.0.2.1:1"  # RFC 5737: nobody is there
AMBIENT = {
    "AWS_ENDPOINT_URL": ASTRAY,
    "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": ASTRAY,
    "AWS_PROFILE": "mine",
    "HTTP_PROXY": ASTRAY,
    "HTTPS_PROXY": ASTRAY,
    "ALL_PROXY": ASTRAY,
    "http_proxy": ASTRAY,
    "https_proxy": ASTRAY,
    "all_proxy": ASTRAY,
}
CHILD = """
import boto3, requests
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def look(request):
    client = boto3.client("cognito-idp")
    keys = requests.get(request.query_params["jwks"], timeout=5)
    return JSONResponse([client.meta.endpoint_url, client.meta.region_name, keys.status_code])

app = Starlette(routes=[Route("/look", look)])
"""


@pytest.mark.parametrize("name", [*AMBIENT, "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"])
def test_nothing_of_the_users_reaches_an_application_in_its_own_process(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One setting at a time: calls to AWS and over HTTP go to the environment and nowhere else."""
    (tmp_path / "ambient_child.py").write_text(CHILD, encoding="utf-8")
    config = tmp_path / "config"
    config.write_text(f"[default]\nregion = xx-nowhere-1\nendpoint_url = {ASTRAY}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, AMBIENT.get(name, str(config)))
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {}}
    service = Service("ambient_child:app", name="x", database=False, make_document=lambda: document)
    with Environment.open(service) as env:
        jwks = env.config.jwks_url
        answer = env.client.request("GET", "/look", params={"jwks": jwks}).json()
        assert answer == [env.config.cognito_endpoint, env.config.region, 200]
        assert env.aws.describe_user_pool(UserPoolId=env.config.user_pool_id)
    assert os.environ[name] == AMBIENT.get(name, str(config))


@pytest.mark.parametrize(
    "name", ["PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSERVICE", "PGOPTIONS"]
)
def test_libpq_settings_do_not_reach_the_embedded_database(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "/nowhere" if name == "PGHOST" else "1")
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {}}
    service = Service(Starlette(), name="x", make_document=lambda: document)
    with Environment.open(service, client=False) as env:
        with psycopg2.connect(env.database.libpq_url) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT current_database()")
            assert cursor.fetchone() == (env.database.name,)
        connection.close()
