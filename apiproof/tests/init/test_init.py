"""Adoption: what is read in a project, what is written, and that nothing is overwritten."""

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest

from apiproof.application import ApplicationNotLoaded, declared_document
from apiproof.init import ApplicationNotFound, describe, plan_of, write
from apiproof.init.files import service_file
from apiproof.init.recognition import recognise, session_enders
from apiproof.init.variables import template_for

MAIN = """
import os
import boto3
from fastapi import FastAPI
from sqlalchemy.orm import DeclarativeBase

REGION = os.getenv("AWS_REGION", "eu-west-1")
POOL = os.environ["USER_POOL_ID"]
HOST = os.environ.get("DB_HOST")
KEY = os.environ["SECRET_KEY"]


class Base(DeclarativeBase):
    pass


def create_app():
    return FastAPI()


app = create_app()
"""


def body(**properties: str) -> dict[str, Any]:
    schema = {"required": list(properties), "properties": {name: {} for name in properties}}
    return {"content": {"application/json": {"schema": schema}}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {},
    "paths": {
        "/auth/register": {"post": {"requestBody": body(email="", password=""), "responses": {}}},
        "/auth/activate": {"post": {"requestBody": body(email="", otp=""), "responses": {}}},
        "/auth/login": {"post": {"requestBody": body(email="", password=""), "responses": {}}},
        "/auth/logout": {"post": {"operationId": "leave", "responses": {}}},
        "/auth/reset-password": {
            "post": {"requestBody": body(email="", code="", new_password=""), "responses": {}}
        },
        "/items": {"get": {"security": [{"bearer": ["read"]}], "responses": {}}},
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "__init__.py").touch()
    (tmp_path / "service" / "main.py").write_text(MAIN, encoding="utf-8")
    return tmp_path


def test_the_application_its_variables_and_its_models_are_found(project: Path) -> None:
    plan = plan_of(project)
    assert plan.app == "service.main:app"
    assert plan.facts.variables == {
        "AWS_REGION": False, "USER_POOL_ID": True, "DB_HOST": False, "SECRET_KEY": True,
        "PGPORT": False,  # no variable names the database's port
    }  # fmt: skip
    assert plan.migrations == "service.main:Base"
    assert plan.region == "eu-west-1"


def test_what_is_written_is_in_no_run_of_their_own_tests(project: Path) -> None:
    written = [
        Path(each.path).name for each in write(project, describe(plan_of(project), DOCUMENT))
    ]
    assert "apiproof_tests.py" in written
    assert not [name for name in written if name.startswith("test_") or "_test." in name]


@pytest.mark.parametrize(
    ("name", "text", "app"),
    [
        (
            "Dockerfile",
            'CMD ["uvicorn", "service.web:site", "--host", "0.0.0.0"]',
            "service.web:site",
        ),
        (
            "entrypoint.sh",
            "alembic upgrade head\nuvicorn --reload service.web:site",
            "service.web:site",
        ),
        (
            "Procfile",
            "web: gunicorn -k uvicorn.workers.UvicornWorker service.web:site",
            "service.web:site",
        ),
        ("compose.yml", "command: fastapi run service/web.py --port 80", "service.web:Site"),
        ("boot.sh", "fastapi run ./service/main.py", "service.main:app"),
        ("Procfile", "web: uvicorn service.main:application", "service.main:app"),  # there is none
        ("Dockerfile", 'CMD ["uvicorn", "elsewhere:app"]', "service.main:app"),
        ("README.md", "Run uvicorn, see service.main: it serves", "service.main:app"),
    ],
)
def test_the_application_that_their_files_start_comes_first(
    project: Path, name: str, text: str, app: str
) -> None:
    web = "site = create_app()\nSite = FastAPI()\n"
    (project / "service" / "web.py").write_text(web, encoding="utf-8")
    (project / name).write_text(text, encoding="utf-8")
    assert plan_of(project).app == app


def test_an_application_of_a_class_of_its_own_is_found(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text("class Site(FastAPI): ...", encoding="utf-8")
    (tmp_path / "main.py").write_text("from base import Site\napp = Site(1)", encoding="utf-8")
    (tmp_path / "try_it.py").write_text("app = FastAPI()", encoding="utf-8")
    assert plan_of(tmp_path).app == "main:app"


@pytest.mark.parametrize(("status", "is_declared"), [("422", False), ("404", True), ("4XX", True)])
def test_undeclared_statuses_are_looked_for_where_any_is_declared(
    project: Path, status: str, *, is_declared: bool
) -> None:
    document: dict[str, Any] = {
        "paths": {"/x": {"get": {"responses": {"200": {}, status: {}}}}},
    }
    list(write(project, describe(plan_of(project), document)))
    settings = tomllib.loads((project / "schemathesis.toml").read_text(encoding="utf-8"))
    assert ("status_code_conformance" in settings["checks"]) is not is_declared
    assert {"junit", "har"} <= settings["reports"].keys()  # or `schemathesis run` writes none


def test_fields_may_say_whose_they_are() -> None:
    document = {
        "paths": {
            "/user/login": {"post": {"requestBody": body(user_email="", user_password="")}},
            "/user/register": {"post": {"requestBody": body(customer_email="", password="")}},
            "/user/password": {"put": {"requestBody": body(current_password="", new_password="")}},
        }
    }
    found = {name: dict(each.fields) for name, each in recognise(document).items()}
    assert found == {
        "login": {"user_email": "email", "user_password": "password"},
        "sign_up": {"customer_email": "email", "password": "password"},
    }


def test_operations_are_recognised_by_path_and_fields() -> None:
    found = {purpose: each.operation.path for purpose, each in recognise(DOCUMENT).items()}
    assert found == {
        "sign_up": "/auth/register",
        "confirm": "/auth/activate",
        "login": "/auth/login",
        "reset": "/auth/reset-password",
    }
    assert session_enders(DOCUMENT) == ["leave"]


def test_files_are_python_and_yaml_that_say_what_was_found(project: Path) -> None:
    written = list(write(project, describe(plan_of(project), DOCUMENT)))
    assert {each.outcome for each in written} == {"written"}
    text = (project / "apiproof_service.py").read_text(encoding="utf-8")
    ast.parse(text)
    for part in (
        '"service.main:app"', '"USER_POOL_ID": "{user_pool_id}"', '"DB_HOST": "{database_host}"',
        '"SECRET_KEY": "example"', '"scopesToAdd": ["read"]', 'ends_session=("leave",)',
        '"UsernameAttributes": ["email"]', '"/auth/register"', "sign_up=sign_up",
    ):  # fmt: skip
        assert part in text


def test_nothing_is_overwritten_and_a_difference_is_shown(project: Path) -> None:
    plan = describe(plan_of(project), DOCUMENT)
    list(write(project, plan))
    changed = project / "schemathesis.toml"
    changed.write_text("# mine\n", encoding="utf-8")
    again = {each.path: each for each in write(project, plan)}
    assert again["apiproof_service.py"].outcome == "unchanged"
    assert again["schemathesis.toml"].outcome == "differs"
    assert "-# mine" in again["schemathesis.toml"].diff
    assert changed.read_text(encoding="utf-8") == "# mine\n"


def test_a_folder_without_an_application_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ApplicationNotFound, match="apiproof init package"):
        plan_of(tmp_path)


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("DATABASE_URL", "{database_plain_url}"),
        ("ASYNC_DATABASE_URL", "{database_async_url}"),
        ("RDS_DB_NAME", "{database_name}"),
        ("POSTGRES_PASSWORD", "{database_password}"),
        ("AWS_COGNITO_APP_CLIENT_SECRET", "{client_secret}"),
        ("COGNITO_CLIENT_ID", "{client_id}"),
        ("COGNITO_USER_POOL_ID", "{user_pool_id}"),
        ("COGNITO_REGION", "{region}"),
        ("JWKS_URL", "{public_jwks_url}"),
        ("GOOGLE_CLIENT_ID", ""),
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_DEFAULT_REGION", "{region}"),
        ("APP_NAME", ""),
    ],
)
def test_variables_are_told_by_their_names(name: str, template: str) -> None:
    assert template_for(name) == template


TITLED = """
import os
from fastapi import FastAPI

KEYS = f"{os.getenv('COGNITO_URL')}{os.getenv('POOL_ID')}/.well-known/jwks.json"
app = FastAPI(title=os.getenv("PROJECT_NAME"))
MAIL, HERE, SECRET = os.getenv("MAIL_URL"), os.getenv("APP_URL"), os.getenv("APP_KEY")
FILL, REGION = os.getenv("SENDER"), os.getenv("AWS_REGION")
"""
EXAMPLE = """# copy me
PROJECT_NAME="Our {own} shop"
COGNITO_URL='https://cognito-idp.eu-west-1.amazonaws.com/'
APP_URL=http://localhost:3000  # of the front end
MAIL_URL=https://mail.example.com/send
APP_KEY=abcdefgh
SENDER="<your address>"
AWS_REGION="eu-west-1"
UNUSED=1
"""


@pytest.mark.parametrize("name", [".env.example", "exmple.env", ".env.dist", "sample.env"])
def test_what_the_example_of_an_env_file_gives_is_used(tmp_path: Path, name: str) -> None:
    (tmp_path / "titled_app.py").write_text(TITLED, encoding="utf-8")
    (tmp_path / name).write_text(EXAMPLE, encoding="utf-8")
    (tmp_path / ".env").write_text("SENDER=of a developer\n", encoding="utf-8")
    plan = plan_of(tmp_path)
    assert plan.facts.examples == {
        "PROJECT_NAME": "Our {{own}} shop",
        "COGNITO_URL": "https://cognito-idp.{region}.amazonaws.com/",
        "APP_URL": "http://localhost:3000",
    }
    text = service_file(plan)
    assert '"PROJECT_NAME": "Our {{own}} shop",  # your example' in text
    assert '# "SENDER": left as it is' in text


def test_what_an_example_gives_reaches_the_application(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "titled_app.py").write_text(TITLED, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    document = declared_document("titled_app:app", {"PROJECT_NAME": "Our {own} shop"}, None)
    assert document["info"]["title"] == "Our {own} shop"


def test_an_application_that_cannot_be_loaded_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_app.py").write_text("import os\nimport not_there_at_all\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ApplicationNotLoaded) as caught:
        declared_document("broken_app:app", {}, None)
    assert "cannot be loaded at broken_app.py:2 <module> (ModuleNotFoundError" in str(caught.value)


SETTINGS = """
import os
from typing import Optional
from fastapi import FastAPI
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    check_expiration: bool = True
    userpools: dict[str, dict[str, str]] = {"eu": {"userpool_id": os.environ["POOL_ID"]}}
    origins: Optional[list[str]] = None
    pools_by_name: dict[str, str]
    allowed: list[str] | None
    aws_default_region: str
    aws_access_key_id: str
    api_key: str


app = FastAPI()
"""


STORES = """
import os
from fastapi import FastAPI
TASKS = os.environ.get("SQLITE_PATH", "tasks.db")
NOTES = os.environ["NOTES_URL"]
CACHE = os.environ["REDIS_HOST"]
TABLE = os.environ.get("DYNAMODB_TABLE", "notes")
LEVEL = os.environ.get("LOG_LEVEL", "info")
app = FastAPI()
"""


def test_a_store_that_runs_would_write_to_is_said_beside_its_variable(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(STORES, encoding="utf-8")
    example = "NOTES_URL=mongodb://localhost/notes\nREDIS_HOST=localhost\n"
    (tmp_path / ".env.example").write_text(example, encoding="utf-8")
    text = service_file(plan_of(tmp_path))
    there = "; runs write there: name one for tests\n"
    for part in (
        f'# "SQLITE_PATH": left as it is{there}',
        f'"NOTES_URL": "mongodb://localhost/notes",  # your example{there}',
        f'"REDIS_HOST": "localhost",  # your example{there}',
        '# "DYNAMODB_TABLE": left as it is\n',  # moto answers for it
        '# "LOG_LEVEL": left as it is\n',
    ):
        assert part in text


def test_settings_that_hold_json_and_those_that_are_given_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(SETTINGS, encoding="utf-8")
    plan = plan_of(tmp_path)
    assert "USERPOOLS" not in plan.facts.variables  # fastapi-cognito's; its default stays
    assert "ORIGINS" not in plan.facts.variables
    text = service_file(plan)
    for part in (
        '"POOLS_BY_NAME": "{{}}"', '"ALLOWED": "[]"', '"AWS_DEFAULT_REGION": "{region}"',
        '# "AWS_ACCESS_KEY_ID": left as it is', '"API_KEY": "example"',
        '"POOL_ID": "{user_pool_id}"',
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize(
    ("source", "example", "template"),
    [
        ("create_engine(url)", "", "{database_plain_url}"),
        ("create_engine(url)", "postgresql+psycopg://u:p@localhost/db", "{database_psycopg_url}"),
        ("create_engine(url)", "postgresql+psycopg2://u:p@localhost/db", "{database_plain_url}"),
        ("create_async_engine(url)", "", "{database_async_url}"),
        ("import psycopg\nengine = create_async_engine(url)", "", "{database_psycopg_url}"),
        ("URL = 'postgresql+asyncpg://a@localhost/b'", "", "{database_async_url}"),
        (
            "create_async_engine(url.replace('postgresql://', 'postgresql+asyncpg://'))",
            "",
            "{database_plain_url}",
        ),
        (
            "create_async_engine(make_url(url).set(drivername='postgresql+asyncpg'))",
            "",
            "{database_plain_url}",
        ),
        ("create_async_engine(url)", "postgres://u:p@localhost/db", "{database_plain_url}"),
    ],
)
def test_a_database_url_names_the_driver_that_the_application_uses(
    tmp_path: Path, source: str, example: str, template: str
) -> None:
    text = f"import os\nfrom fastapi import FastAPI\nurl = os.environ['DATABASE_URL']\n{source}\n"
    (tmp_path / "main.py").write_text(f"{text}app = FastAPI()\n", encoding="utf-8")
    if example:
        (tmp_path / ".env.example").write_text(f"DATABASE_URL={example}\n", encoding="utf-8")
    assert f'"DATABASE_URL": "{template}"' in service_file(plan_of(tmp_path))


def test_the_identities_file_takes_the_token_from_where_the_login_puts_it(project: Path) -> None:
    answer = {"required": ["accessToken"], "properties": {"accessToken": {"type": "string"}}}
    answers = {"200": {"content": {"application/json": {"schema": answer}}}}
    login = {"requestBody": body(email="", password=""), "responses": answers}
    schemes = {"bearer": {"type": "http", "scheme": "bearer"}}
    document = {
        **DOCUMENT,
        "paths": {**DOCUMENT["paths"], "/auth/login": {"post": login}},
        "components": {"securitySchemes": schemes},
    }
    list(write(project, describe(plan_of(project), document)))
    text = (project / "apiproof_identities.yaml").read_text(encoding="utf-8")
    assert "/accessToken" in text
    assert "/auth/login" in text


def test_nobody_signs_in_where_nothing_asks_for_it(project: Path) -> None:
    nothing_asks = {**DOCUMENT, "paths": {"/items": {"get": {"responses": {}}}}}
    list(write(project, describe(plan_of(project), nothing_asks)))
    assert not (project / "apiproof_identities.yaml").exists()


def test_users_sign_in_where_only_the_login_tells_of_a_credential(project: Path) -> None:
    list(write(project, describe(plan_of(project), DOCUMENT)))
    identities = (project / "apiproof_identities.yaml").read_text(encoding="utf-8")
    assert "endpoint: /auth/login" in identities
    assert "declares no security scheme" in identities
