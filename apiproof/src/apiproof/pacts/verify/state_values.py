"""What a request needs of the values that provider states give.

Where a value is missing or of another type, pact's library sends the pact's example instead and
says nothing (pact-python-ffi 0.5.12), so that an interaction passes that was never asked.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from apiproof.pacts.reading import Interaction
from apiproof.pacts.states.state import nearest

_NAMED: Final = re.compile(r"\$\{([^}]*)\}")
_WHOLE: Final = re.compile(r"[+-]?\d+")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_TEXTS: Final = {
    "INTEGER": _WHOLE,
    "DECIMAL": _NUMBER,
    "FLOAT": _NUMBER,
    "BOOLEAN": re.compile("true|false"),
}
"""How a text must look to be made a value of a generator's `dataType`."""


def missing_value(interaction: Interaction, values: Mapping[str, Any]) -> str:
    """Return why a request was not sent as its consumer means it; empty where it was.

    Args:
        interaction: whose ProviderState generators (Pact specification 3, "Generators") are read.
        values: what its states gave; their parameters are values as well.
    """
    given = {name: value for state in interaction.states for name, value in state.params.items()}
    given |= values
    for place, generator in _generators(interaction.request.generators):
        if problem := _problem(generator, given, in_body=place.startswith("body")):
            return f"The request's {place} {problem} The pact's example was sent instead."
    return ""


def _generators(generators: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for category, entries in generators.items():
        if not isinstance(entries, Mapping):
            continue
        alone = isinstance(entries.get("type"), str)
        for key, generator in [("", entries)] if alone else entries.items():
            if isinstance(generator, Mapping) and generator.get("type") == "ProviderState":
                yield f"{category} {key}".strip(), generator


def _problem(generator: Mapping[str, Any], given: Mapping[str, Any], *, in_body: bool) -> str:
    expression = generator.get("expression")
    if not isinstance(expression, str) or not expression:
        return "has a ProviderState generator without an expression."
    names = _NAMED.findall(expression)
    if expression.count("${") != len(names):
        return f"has an expression that cannot be read: {expression}."
    names = names or [expression]
    for name in names:
        if name not in given or (given[name] is None and not in_body):
            known = [each for each in given if given[each] is not None or in_body]
            near = nearest(name, known) or "they give none"
            return f"needs ${{{name}}}, for which no provider state gives a value ({near})."
    kind = str(generator.get("dataType") or "").upper()
    if kind in _TEXTS and not _is_of(kind, _filled(expression, given)):
        return f"needs {expression} as {kind}, which the value of the provider state is not."
    return ""


def _filled(expression: str, given: Mapping[str, Any]) -> Any:
    """Return the value of an expression, a text where it is more than a name."""
    alone = expression if "${" not in expression else _NAMED.sub(r"\1", expression)
    if alone in given and expression in (alone, f"${{{alone}}}"):
        return given[alone]
    return _NAMED.sub(lambda found: str(given[found[1]]), expression)


def _is_of(kind: str, value: Any) -> bool:
    if isinstance(value, str):
        return _TEXTS[kind].fullmatch(value) is not None
    return not isinstance(value, list | dict)
