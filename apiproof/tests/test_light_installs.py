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
