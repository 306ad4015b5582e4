"""Where a project's imports start, whatever folders it has, and how it names its variables."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from apiproof import cli
from apiproof.application import declared_document
from apiproof.environment import Environment
from apiproof.init import SERVICE_FILE, describe, plan_of
from apiproof.init.files import service_file, texts
from apiproof.init.source import read_source
from apiproof.service import Service

FACTORY = """
from fastapi import FastAPI
from {settings} import x


def make(*, debug: bool = False):
    return FastAPI()
"""
SETTINGS = "x = 1\n"
SIGN_UP: dict[str, Any] = {
    "content": {"application/json": {"schema": {"properties": {"email": {}, "password": {}}}}}
}
MAIN = "from fastapi import FastAPI\napp = FastAPI()\n"


def _project(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    "layout",  # folder, name of its settings, where imports start, application
    [
        ("shop", "shop.settings", "", "shop.factory:make"),
        ("src/shop", "shop.settings", "src", "shop.factory:make"),
        ("src/shop", "src.shop.settings", "", "src.shop.factory:make"),
        ("backend/api", "api.settings", "backend", "api.factory:make"),
        ("app", "settings", "app", "factory:make"),
    ],
)
def test_the_folder_that_imports_start_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: tuple[str, str, str, str]
) -> None:
    folder, settings, start, app = layout
    _project(
        tmp_path,
        {
            f"{folder}/__init__.py": "",
            f"{folder}/factory.py": FACTORY.format(settings=settings),
            f"{folder}/settings.py": SETTINGS,
            # Alembic's folder is no package; what it imports of the library is not there.
            "alembic/env.py": "from alembic import context\n",
            "alembic/versions/one.py": "from alembic import op\n",
        },
    )
    plan = plan_of(tmp_path)
    assert (plan.app, plan.import_root) == (app, start)
    written = f'"PYTHONPATH": "{start}"' in service_file(plan)
    assert written is bool(start)
    monkeypatch.chdir(tmp_path)
    assert declared_document(plan.app, {"PYTHONPATH": start}, None)["paths"] == {}


def test_what_lies_beside_the_imports_is_found_there_too(tmp_path: Path) -> None:
    _project(
        tmp_path,
        {
            "backend/Dockerfile": 'CMD ["uvicorn", "api.second:app"]\n',
            "backend/alembic.ini": "",
            "backend/.venv/bin/python": "",
            "backend/api/__init__.py": "",
            "backend/api/main.py": MAIN,
            "backend/api/second.py": "from api import main\n" + MAIN,
            "frontend/package.json": "{}",
        },
    )
    plan = plan_of(tmp_path)
    assert plan.app == "api.second:app"
    assert plan.migrations == "backend/alembic.ini"
    assert plan.python == Path("backend/.venv/bin/python")


def test_the_metadata_is_named_as_the_application_is(tmp_path: Path) -> None:
    base = "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): pass\n"
    _project(
        tmp_path,
        {
            "src/shop/main.py": "from shop.models import Base\n" + MAIN,
            "src/shop/models.py": base,
        },
    )
    assert plan_of(tmp_path).migrations == "shop.models:Base"


@pytest.mark.parametrize(
    ("field", "name", "template"),
    [
        ("database_dsn: PostgresDsn", "SHOP_DATABASE_DSN", "{database_plain_url}"),
        ("storage: PostgresDsn | None = None", "SHOP_STORAGE", "{database_plain_url}"),
        ("db_host: str", "SHOP_DB_HOST", "{database_host}"),
        ("db_user: str", "SHOP_DB_USER", "{database_user}"),
        ("postgres_db: str", "SHOP_POSTGRES_DB", "{database_name}"),
        ("mongo_db_url: str", "SHOP_MONGO_DB_URL", "http://localhost:1"),
        ("items: int", "SHOP_ITEMS", "1"),
        ("rate: Annotated[float, Field(gt=0)]", "SHOP_RATE", "1"),
        ("quiet: bool", "SHOP_QUIET", "false"),
        ("db_port: int", "SHOP_DB_PORT", "{database_port}"),
        ("redis_db_host: str", "SHOP_REDIS_DB_HOST", "example"),
    ],
)
def test_variables_of_a_prefix_are_told_by_name_and_type(
    tmp_path: Path, field: str, name: str, template: str
) -> None:
    text = (
        "from fastapi import FastAPI\napp = FastAPI()\n"
        "class Settings(BaseSettings):\n"
        '    model_config = SettingsConfigDict(env_prefix="SHOP_")\n'
        f"    {field}\n"
    )
    _project(tmp_path, {"main.py": text})
    assert f'"{name}": "{template}"' in service_file(plan_of(tmp_path))


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('{"app_client_id": "5kq1klient2id3of4a5pool6bz"}', True),
        ("CLIENT_ID = '5kq1klient2id3of4a5pool6bz'", True),
        ('client_id = "xxxxxxxxxxxxxxxxxxxxxxxxxx"', False),
        ('client_id = os.environ["ID"]', False),
    ],
)
def test_a_client_id_in_the_code_is_that_of_the_pool(
    tmp_path: Path, *, code: str, found: bool
) -> None:
    _project(tmp_path, {"main.py": f"from fastapi import FastAPI\n{code}\napp = FastAPI()\n"})
    written = 'client_id="5kq1klient2id3of4a5pool6bz"' in service_file(plan_of(tmp_path))
    assert written is found


@pytest.mark.parametrize(
    ("name", "example", "template"),
    [
        ("DIRECTORY", "eu-west-1_XXXXXXXXX", "{user_pool_id}"),
        ("PLACE", "ap-southeast-2", "{region}"),
        ("COGNITO_POOL", "", "{user_pool_id}"),
        ("POOL", "", "{user_pool_id}"),
        ("CLIENT", "", "{client_id}"),
        ("TITLE", "eu-west-1 shop", "eu-west-1 shop"),
    ],
)
def test_an_example_in_the_shape_of_what_an_environment_has_is_that(
    tmp_path: Path, name: str, example: str, template: str
) -> None:
    text = f"import os\nfrom fastapi import FastAPI\nx = os.getenv('{name}')\napp = FastAPI()\n"
    _project(tmp_path, {"main.py": text, ".env.example": f"{name}={example}\n"})
    assert f'"{name}": "{template}"' in service_file(plan_of(tmp_path))


@pytest.mark.parametrize(("kind", "value"), [("int", "1"), ("float", "1"), ("str", "example")])
def test_what_the_code_makes_a_number_of_is_one(tmp_path: Path, kind: str, value: str) -> None:
    text = f"import os\nx = {kind}(os.environ['MOST'])\n{MAIN}"
    _project(tmp_path, {"main.py": text})
    assert f'"MOST": "{value}"' in service_file(plan_of(tmp_path))


def test_examples_lie_beside_the_code_and_those_at_the_top_come_first(tmp_path: Path) -> None:
    text = "import os\nx = os.getenv('TITLE'), os.getenv('PLACE_URL')\n" + MAIN
    _project(
        tmp_path,
        {
            "app/main.py": text,
            "app/exmple.env": "TITLE=inner\nPLACE_URL=https://cognito-idp.eu-west-1.amazonaws.com/\n",
            "example.env": "TITLE=outer\n",
        },
    )
    text = service_file(plan_of(tmp_path))
    assert '"TITLE": "outer"' in text
    assert '"PLACE_URL": "https://cognito-idp.{region}.amazonaws.com/"' in text


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("f'{DOMAIN}/oauth2/token'", "https://apiproof.auth.{region}.amazoncognito.com"),
        ("f'https://{DOMAIN}/oauth2/token'", "apiproof.auth.{region}.amazoncognito.com"),
        ("f'https://{DOMAIN}.auth.{REGION}.amazoncognito.com'", "apiproof"),
    ],
)
def test_the_domain_of_managed_login_is_the_emulators(
    tmp_path: Path, code: str, value: str
) -> None:
    name = "COGNITO_DOMAIN"
    text = f"import os\n{name} = os.environ['{name}']\nURL = {code.replace('DOMAIN', name)}\n"
    (tmp_path / "main.py").write_text(text, encoding="utf-8")
    facts = read_source(tmp_path)
    assert (facts.template(name), facts.invented()) == (value, {})


def test_variables_that_a_function_of_the_project_reads_are_those_of_its_example(
    tmp_path: Path,
) -> None:
    code = "found = secret('COGNITO_SECRET'), secret('INTERNAL_KEY'), secret('OTHER_KEY')\n"
    (tmp_path / "main.py").write_text(code, encoding="utf-8")
    (tmp_path / ".env.example").write_text("COGNITO_SECRET=\nINTERNAL_KEY=a\nUNREAD=1\n")
    facts = read_source(tmp_path)
    assert facts.variables == {"COGNITO_SECRET": False, "INTERNAL_KEY": False}
    assert facts.template("COGNITO_SECRET") == "{client_secret}"


@pytest.mark.parametrize("example", ["", "BUCKET_NAME=our-texts\n"])
def test_buckets_that_variables_name_are_made_before_the_application_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: str
) -> None:
    code = (
        "import os, boto3\nfrom fastapi import FastAPI\napp = FastAPI()\n"
        "boto3.client('s3').head_bucket(Bucket=os.getenv('BUCKET_NAME'))\n"
        "news = boto3.resource('sns'); users = boto3.client('cognito-idp')\n"
    )
    (tmp_path / "main.py").write_text(code, encoding="utf-8")
    (tmp_path / ".env.example").write_text(example, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli.app, ["init"])
    assert "Recognised in its document" in result.output  # it started
    text = (tmp_path / SERVICE_FILE).read_text(encoding="utf-8")
    assert "# prepare_aws makes what it expects in sns, with boto3" in text
    scope: dict[str, Any] = {}
    exec(text, scope)  # noqa: S102  # what init writes runs as it is
    service: Service = scope["SERVICE"]
    assert service.variables["BUCKET_NAME"] == ("our-texts" if example else "bucket-name")
    with Environment.open(service):  # which ends where the bucket is not there
        """It starts."""


def test_imports_of_the_service_file_stand_as_formatters_put_them(tmp_path: Path) -> None:
    """As `ruff check --select I` has it at its default of 88 characters."""
    code = "boto3.client('s3').head_bucket(Bucket=os.getenv('BUCKET_NAME'))\n"
    _project(tmp_path, {"main.py": MAIN + code, ".venv/bin/python": ""})
    plan = describe(plan_of(tmp_path), {"paths": {}})
    plan.group = "staff"
    short = service_file(plan)
    assert (
        "\n\nimport os\nfrom pathlib import Path\n\nimport boto3\n"
        "from apiproof.service import EnvironmentConfig, SeedUser, Service\n"
    ) in short
    sign_up = {"requestBody": SIGN_UP, "responses": {}}
    document = {"paths": {"/register": {"post": sign_up}, "/login": {"post": sign_up}}}
    long = service_file(describe(plan, document))
    assert (
        "import boto3\nfrom apiproof.service import (\n    AdjustableRequest,\n"
        "    EnvironmentConfig,\n    EnvironmentControl,\n    SeedUser,\n    Service,\n)\n"
    ) in long
    tests = texts(plan)["apiproof_tests.py"].splitlines()
    imports = [line for line in tests if line.startswith("from")]
    assert "\n".join(sorted(imports)) in "\n".join(tests)  # in one block, by name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("main:application", "main.py defines no application"),
        ("manager:app", "There is no module manager"),
        ("shop.manager:app", "There is no module shop.manager"),
        ("main.py:app", "There is no module main.py"),
        ("json:app", "json:app cannot be loaded"),
    ],
)
def test_an_import_path_that_is_wrong_writes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    reason: str,
) -> None:
    _project(tmp_path, {"main.py": MAIN})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        cli.main(["init", name])
    assert ended.value.code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["main.py"]
    assert f"apiproof: {reason}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("document", "next_step"),
    [
        ({"paths": {}}, "Next: `apiproof doctor`"),
        (None, "Next: mend that, remove apiproof_service.py, and run `apiproof init` again"),
    ],
)
def test_where_the_application_does_not_start_init_is_to_be_run_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    document: dict[str, Any] | None,
    next_step: str,
) -> None:
    """What is there is never overwritten: a second `init` alone would add nothing."""
    _project(tmp_path, {"main.py": MAIN})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("apiproof.commands.init._document", lambda *_: (document, "No module"))
    result = CliRunner().invoke(cli.app, ["init"])
    assert result.output.splitlines()[-1].startswith(next_step)


@pytest.mark.parametrize("name", ["main:app", "main:app.v1", "main"])
def test_an_import_path_that_may_be_right_is_taken(tmp_path: Path, name: str) -> None:
    _project(tmp_path, {"main.py": f"{MAIN}app.v1 = FastAPI()\n"})
    assert plan_of(tmp_path, name).app == (name if ":" in name else "main:app")


def test_of_two_applications_the_one_that_fastapi_run_takes_comes_first(tmp_path: Path) -> None:
    """The other is mounted in it."""
    for name in ("api", "main"):
        (tmp_path / f"{name}.py").write_text(MAIN, encoding="utf-8")
    assert plan_of(tmp_path).facts.applications == ["main:app", "api:app"]


def test_the_region_is_the_examples_or_that_of_most_of_the_code(tmp_path: Path) -> None:
    (tmp_path / "backup.py").write_text('COPY = "ap-south-1"\n', encoding="utf-8")
    (tmp_path / "pool.py").write_text('A, B = "us-east-1", "us-east-1"\n', encoding="utf-8")
    (tmp_path / "main.py").write_text(MAIN, encoding="utf-8")
    assert plan_of(tmp_path).region == "us-east-1"
    (tmp_path / ".env.example").write_text("AWS_REGION=eu-central-1\n", encoding="utf-8")
    assert plan_of(tmp_path).region == "eu-central-1"
