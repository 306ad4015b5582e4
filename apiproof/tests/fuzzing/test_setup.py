"""Loading a document for pytest."""

from pathlib import Path

import pytest

from apiproof.application import ApplicationNotLoaded
from apiproof.fuzzing import load_schema
from apiproof.service import Service

CONNECTS = """
import os

import psycopg2
from fastapi import FastAPI

psycopg2.connect(os.environ["URL"]).close()
app = FastAPI()


@app.get("/items")
def items() -> list[int]:
    return []
"""


def test_an_application_that_connects_when_it_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "connects_at_once.py").write_text(CONNECTS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    url = "postgresql://{database_user}:{database_password}@{database_host}:{database_port}"
    service = Service(
        "connects_at_once:app", name="connects", variables={"URL": url + "/{database_name}"}
    )
    with pytest.raises(ApplicationNotLoaded):
        service.document()
    assert load_schema(service)["/items"]["GET"].label == "GET /items"
