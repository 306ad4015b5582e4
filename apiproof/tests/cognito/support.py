"""Writes apiproof/cognito/SUPPORT.md out of the behaviours and the operations themselves.

    python -m tests.cognito.support          # run everything, write the file
    python -m tests.cognito.support --check  # run everything, fail if the file differs

Run it in a process of its own: plain moto and an emulator cannot both answer for boto3.
"""

import importlib
import inspect
import itertools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import moto
import pytest
from botocore.exceptions import ClientError
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.utils import camelcase_to_underscores

import apiproof.cognito
from apiproof.cognito.errors import UNSUPPORTED
from apiproof.cognito.operations import Operations
from apiproof.cognito.settings_rules import CLIENT, POOL, Support
from apiproof.cognito.validation import operations
from tests.cognito.behaviours import Behaviour, Otherwise
from tests.cognito.bench import Bench, emulator_bench, moto_bench

FILE = Path(apiproof.cognito.__file__).with_name("SUPPORT.md")
COMMAND = "python -m tests.cognito.support"
GROUPS = {
    "signup": "Signing up",
    "usernames": "Usernames and aliases",
    "signin": "Signing in",
    "challenges": "Invitations and challenges",
    "flows": "Flows: SRP, choices, rotation",
    "mfa": "Second factors",
    "triggers": "The other Lambda triggers",
    "values": "Uniqueness and texts",
    "tokens": "Tokens and keys",
    "refresh": "Refreshing",
    "group_roles": "Roles of groups",
    "trigger": "The Pre Token Generation trigger",
    "recovery": "Forgotten passwords",
    "passwords": "Changing passwords",
    "limits": "Lock-out and hourly limits",
    "signout": "Signing out",
    "profile": "One's own account",
    "administration": "Administration",
    "parameters": "Limits of parameters",
    "documented": "Pages of single operations and triggers",
    "differences": "Known differences",
}
RIGHT = "✓"
MINISTACK = Path(__file__).with_name("ministack.json")


def _version() -> str:
    return str(json.loads(MINISTACK.read_text(encoding="utf-8"))["version"])


HEAD = f"""# What the emulator of Cognito does

Written by `{COMMAND}`, which runs every line below as a test: in-process,
over HTTP, and against plain moto {moto.__version__}. {RIGHT}: behaves as the line says;
otherwise what was seen instead. The column of MiniStack {_version()} is what `nox -s ministack`
has kept: the same tests, over HTTP. It has no clock to move and runs no function of a test, so
what needs one is missing there. Lines in bold matter for sign-up, login, verification, reset or
logout. The last table is where the emulator differs from the real Cognito, and knows it.

Sources: M the botocore service model, D the AWS developer guide or API reference, I captured in
public issues, R recall, unchecked. Codes are compared, never texts: AWS documents no texts.
"""


@dataclass(frozen=True)
class Case:
    """One run of a behaviour: the test, with the values of its parameters."""

    group: str
    behaviour: Behaviour
    test: Callable[..., None]
    values: dict[str, Any]


def cases() -> Iterator[Case]:
    """Find all behaviours, in the order of the files and lines."""
    for group in GROUPS:
        module = importlib.import_module(f"tests.cognito.test_{group}")
        for test in vars(module).values():
            if inspect.isfunction(test) and hasattr(test, "behaviour"):
                for values in _parameters(test):
                    yield Case(group, test.behaviour, test, values)


def _parameters(test: Callable[..., None]) -> list[dict[str, Any]]:
    axes = [
        [{mark.args[0]: value} for value in mark.args[1]]
        for mark in getattr(test, "pytestmark", ())
        if mark.name == "parametrize"
    ]
    return [
        {name: value for each in combination for name, value in each.items()}
        for combination in itertools.product(*axes)
    ]


def outcome(case: Case, bench: Bench) -> str:
    """Run a case and say in a few words what came of it."""
    try:
        case.test(bench, **case.values)
    except Otherwise as otherwise:
        return str(otherwise)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except pytest.fail.Exception:  # of pytest.raises
        return "accepted"
    except Exception as error:  # noqa: BLE001 - whatever plain moto crashes with is the result
        return f"crash: {type(error).__name__}"
    return RIGHT


def outcomes(bench: AbstractContextManager[Bench]) -> list[str]:
    """Run all cases."""
    with bench as one:
        return [outcome(case, one) for case in cases()]


def merged(seen: list[str]) -> dict[tuple[str, Behaviour], str]:
    """Put what came of the cases of a behaviour into one text."""
    found: dict[tuple[str, Behaviour], list[str]] = {}
    for case, result in zip(cases(), seen, strict=True):
        results = found.setdefault((case.group, case.behaviour), [])
        if result not in results:
            results.append(result)
    return {key: ", ".join(results) for key, results in found.items()}


def kept(seen: list[str]) -> dict[str, str]:
    """Give outcomes as `ministack.json` has them."""
    return {f"{group}: {each.claim}": text for (group, each), text in merged(seen).items()}


def table() -> tuple[list[str], list[str]]:
    """Run everything: the lines of the tables, and what went wrong with the emulator."""
    benches = (emulator_bench(http=False), emulator_bench(http=True), moto_bench())
    columns = [merged(outcomes(bench)) for bench in benches]
    before = json.loads(MINISTACK.read_text(encoding="utf-8"))["seen"]
    lines, faults, group = [], [], ""
    for row_group, each in columns[0]:
        if row_group != group:
            group = row_group
            lines += ["", f"## {GROUPS[group]}", "", *_header()]
        seen = [column[row_group, each] for column in columns]
        lines.append(_row(each, [*seen, before.get(f"{group}: {each.claim}", "not tried")]))
        if seen[:2] != [RIGHT, RIGHT]:
            faults.append(lines[-1])
    return lines, faults


def _header() -> list[str]:
    return [
        "| Behaviour | Real Cognito | Source | in-process | HTTP | plain moto | MiniStack |",
        "|---|---|---|---|---|---|---|",
    ]


def _row(each: Behaviour, results: list[str]) -> str:
    claim = f"**{each.claim}**" if each.vital else each.claim
    seen = (column.replace("|", "\\|") for column in results)
    return f"| {claim} | {each.real} | {each.sources} | {' | '.join(seen)} |"


def operation_lines() -> list[str]:
    """Say of every operation of the service who answers it, or why nobody does."""
    rows, counts = [], {"faithful": 0, "moto": 0, "refused": 0}
    for name in sorted(operations()):
        method = camelcase_to_underscores(name)
        if not hasattr(Operations, method):
            who, why = "refused", UNSUPPORTED[name]
        elif getattr(Operations, method) is getattr(CognitoIdpResponse, method, None):
            who, why = "moto", "as moto does it, on pools and users of this emulator"
        else:
            who, why = "faithful", getattr(Operations, method).__doc__.partition("\n")[0]
        counts[who] += 1
        rows.append(f"| {name} | {who} | {why} |")
    refused = f"{counts['refused']} refused with `NotSupportedByEmulator`, HTTP 501"
    return [
        "",
        "## Operations",
        "",
        f"{counts['faithful']} made faithful, {counts['moto']} as moto does them, {refused}.",
        "",
        "| Operation | Here | |",
        "|---|---|---|",
        *rows,
    ]


_FATES = {
    Support.OBEYED: "obeyed: a test shows it on pools made by the kit and by the API",
    Support.KEPT: "kept: Describe shows it, a line in the log says that it has no effect",
    Support.REFUSED: "refused in one line, `NotSupportedByEmulator`, HTTP 501",
}


def setting_lines() -> list[str]:
    """Say of every setting of a pool and of an app client what becomes of it."""
    lines = ["", "## Settings", "", *(f"- {text}" for text in _FATES.values())]
    for title, rules in (("CreateUserPool", POOL), ("CreateUserPoolClient", CLIENT)):
        lines += ["", f"### {title}", "", "| Setting | Here | What it does |", "|---|---|---|"]
        lines += [f"| `{path}` | {rule.support} | {rule.note} |" for path, rule in rules.items()]
    return lines


def main(arguments: list[str]) -> int:
    """Write or check the file; 1 if the emulator is wrong somewhere or the file is out of date."""
    lines, faults = table()
    for fault in faults:
        sys.stderr.write(f"The emulator is wrong: {fault}\n")
    text = "\n".join([HEAD.rstrip(), *lines, *setting_lines(), *operation_lines()]) + "\n"
    if "--check" in arguments:
        if FILE.read_text(encoding="utf-8") != text:
            sys.stderr.write(f"{FILE.name} is out of date: run `{COMMAND}` and commit it.\n")
            return 1
    else:
        FILE.write_text(text, encoding="utf-8")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
