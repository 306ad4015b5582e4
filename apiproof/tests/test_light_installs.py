"""What is installed with an extra is enough for what the extra is for."""

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

SCRIPT = """
import json, sys
before = set(sys.modules)
import {modules}
print(json.dumps(sorted({{name.partition(".")[0] for name in set(sys.modules) - before}})))
"""


def installed_with(name: str, extras: frozenset[str]) -> set[NormalizedName]:
    """Give the distributions that one brings, itself among them."""
    found: set[NormalizedName] = set()
    waiting = [(canonicalize_name(name), extras)]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            wanted = requires(name) or []
        except PackageNotFoundError:
            continue  # for another platform or Python
        found.add(name)
        for requirement in map(Requirement, wanted):
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": each}) for each in (*extras, "")):
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return found


@pytest.mark.parametrize(
    ("extras", "modules"),
    [
        ((), "apiproof.cli"),
        (("cognito",), "apiproof.cli, apiproof.cognito.serving, apiproof.cognito.settings_files"),
    ],
)
def test_nothing_else_is_imported(extras: tuple[str, ...], modules: str) -> None:
    run = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", SCRIPT.format(modules=modules)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    brought = installed_with("apiproof", frozenset(extras))
    owners = packages_distributions()
    foreign = {
        module
        for module in json.loads(run.stdout)
        if module in owners and not brought & set(map(canonicalize_name, owners[module]))
    }
    assert foreign == set()


# What only the work of a command needs: seconds to import, all of it.
HEAVY = (
    "alembic boto3 botocore cosmic_ray cryptography dask distributed fastapi hypothesis jinja2 "
    "jsonschema_rs moto pact psycopg2 pytest requests schemathesis sqlalchemy starlette uvicorn"
)
TELLING = """
import contextlib, io, json, sys
import typer
from apiproof.cli import app

def paths(command, words=()):
    yield words
    for name, inner in getattr(command, "commands", {}).items():
        yield from paths(inner, (*words, name))

def heavy():
    return sorted({name.partition(".")[0] for name in sys.modules} & set(sys.argv[1:]))

main = typer.main.get_command(app)
found = {"the start": heavy()}
for words in paths(main):
    before = heavy()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        main([*words, "--help"], prog_name="apiproof")
    found[" ".join(words)] = [name for name in heavy() if name not in before]
try:
    main(["fuzz", "--workers", "none"], prog_name="apiproof", standalone_mode=False)
except Exception as refusal:
    found[str(refusal)] = heavy()
print(json.dumps(found))
"""


def test_the_help_of_a_command_and_its_first_words_import_nothing_heavy() -> None:
    run = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", TELLING, *HEAVY.split()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: dict[str, list[str]] = json.loads(run.stdout)
    assert {"run", "fuzz", "faults mutate", "pact verify", "access init"} <= found.keys()
    assert any(name.startswith("--workers none") for name in found)
    assert {name: heavy for name, heavy in found.items() if heavy} == {}
