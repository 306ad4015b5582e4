"""The registry written down: for a terminal, as JSON, and as the README of the pacts' folder."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Console

from apiproof.pacts.states.state import State, StateRegistry
from apiproof.reporting.terminal import line_of, print_table

_README = """\
# Pacts with {provider}

Each file holds what one consumer expects of `{provider}`: `<consumer>--{provider}.json`.
Written by consumers' tests, never by hand. This file is generated: `apiproof pact states --readme`.

## Verify yours, in any language, with no AWS, database or Docker

1. Write your pact with any Pact library (specification 2, 3 or 4); name the provider `{provider}`.
2. In a clone of this repository: `nox -s pacts -- PATH/TO/YOUR/PACT.json` (files, folders, URLs).
3. Exit code 0: passed. 1: failed, with the request, a diff and a curl line. 2: error.

With only `openapi.json` at hand: `apiproof pact compare PACT --openapi openapi.json`.

## Tokens

Send `Authorization: Bearer anything`: the verifier puts a real access token of the user and scopes
that your states name in its place. It never does so in an interaction without that header, in one
whose states ask for an invalid token, or where you generate the header yourself from a state's
value (`${{access_token}}`, a ProviderState generator).

## Provider states

The environment is empty before each interaction, and ids start at 1. States act in the order in
which you give them. Parameters are optional unless they have no default.
"""


def print_states(registry: StateRegistry, terminal: Console) -> None:
    """Print the states for a person."""
    rows = [
        (
            line_of((state.sentence, "bold"), f"\n{state.doc}"),
            "\n".join(_signature(state)),
            "\n".join(value.name for value in state.values),
        )
        for state in registry
    ]
    print_table(terminal, "Provider states", ("state", "parameters", "returns"), rows)


def as_document(registry: StateRegistry) -> list[dict[str, Any]]:
    """The states as JSON values."""
    return [
        {
            "state": state.sentence,
            "doc": state.doc,
            "parameters": [asdict(parameter) for parameter in state.parameters],
            "returns": [asdict(value) for value in state.values],
            "teardown": state.has_teardown,
        }
        for state in registry
    ]


def as_readme(registry: StateRegistry, provider: str) -> str:
    """The README for consumer teams, in Markdown."""
    sections = ["\n".join(_section(state)) for state in registry]
    return _README.format(provider=provider) + "\n" + "\n\n".join(sections) + "\n"


def _section(state: State) -> Iterator[str]:
    yield f"### `{state.sentence}`"
    yield ""
    yield state.doc + (" Undone after the interaction." if state.has_teardown else "")
    if state.parameters:
        yield "\n| parameter | type | default | |\n|---|---|---|---|"
        for each in state.parameters:
            kind = each.type.replace("|", "\\|")
            default = f"`{each.default}`" if each.default else "required"
            yield f"| `{each.name}` | {kind} | {default} | {each.doc} |"
    if state.values:
        yield "\n| returns | type | |\n|---|---|---|"
        for value in state.values:
            yield f"| `{value.name}` | {value.type} | {value.doc} |"


def _signature(state: State) -> Iterator[str]:
    for each in state.parameters:
        default = f" = {each.default}" if each.default else ""
        yield f"{each.name}: {each.type}{default}"
