"""The command line is driven at the served application, wherever its document says that it is."""

from pathlib import Path

import pytest
import requests
from fastapi import FastAPI

from apiproof.fuzzing.cli_run import run_schemathesis
from apiproof.live import live_environment
from apiproof.openapi.document import operations
from apiproof.service import Service

FEW = ("--max-examples", "2", "--phases", "fuzzing")
ELSEWHERE = [{"url": "https://production.example.com/v1"}]


def application() -> FastAPI:
    app = FastAPI(openapi_url=None, servers=ELSEWHERE)

    @app.get("/number/{number}", operation_id="number")
    def read(number: int) -> int:
        return number

    return app


def test_a_hidden_document_and_foreign_servers_are_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("svc.py").write_text(
        "from tests.fuzzing.test_cli_run import SERVICE as SERVICE\n", encoding="utf-8"
    )
    with live_environment(SERVICE, service_name="svc:SERVICE") as (env, ready):
        assert requests.get(f"{ready.base_url}/openapi.json", timeout=10).status_code == 404
        document = requests.get(ready.openapi_url, timeout=10).json()
        assert document["servers"] == ELSEWHERE
        ready.write(tmp_path / "ready.json")
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        outcome = run_schemathesis(ready.openapi_url, tmp_path / "ready.json", FEW)
        assert outcome.exit_code in {0, 1}
        assert env.coverage_log.succeeded(next(iter(operations(env.document))))


SERVICE = Service(application, name="numbers", database=False)
