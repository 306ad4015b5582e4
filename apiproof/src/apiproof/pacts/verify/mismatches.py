"""From what pact's verifier says of an answer to mismatches with a place, a rule and a sentence.

The verifier's words come in no fixed order; here they are put in the order of the answer: status,
headers, body.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apiproof.pacts.reading import Interaction, Matcher, Rule, Step, parse_expression
from apiproof.pacts.reading.expressions import show, weight
from apiproof.pacts.reading.rules import read_rule
from apiproof.pacts.verify.results import Mismatch

_EQUAL = "equal (no matching rule)"
_CASCADING = {"type", "eachvalue", "values"}
_WORDS = {
    "type": "same type",
    "integer": "an integer",
    "decimal": "a decimal number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "equality": "equal",
    "notempty": "not empty",
    "semver": "a semantic version",
    "arraycontains": "a list that contains",
    "eachkey": "each key",
    "eachvalue": "each value",
}


def parse_mismatches(
    interaction: Interaction, reported: Sequence[Mapping[str, Any]]
) -> tuple[Mismatch, ...]:
    """Read the verifier's mismatches of one interaction.

    Args:
        interaction: with the examples and the rules that were broken.
        reported: `interactionResults[].mismatch.mismatches` of pact_ffi 0.5.
    """
    found = [mismatch for each in reported for mismatch in _read(interaction, each)]
    order = {"$.status": 0, "$.headers": 1}
    return tuple(sorted(found, key=lambda each: (order.get(each.path.split("[")[0], 2), each.path)))


def _read(interaction: Interaction, reported: Mapping[str, Any]) -> Iterator[Mismatch]:
    match reported.get("type"):
        case "StatusMismatch":
            yield _status(interaction, reported)
        case "HeaderMismatch":
            yield _header(interaction, reported)
        case "BodyTypeMismatch":
            yield _body(interaction, reported, (), "equal content type")
        case "BodyMismatch":
            yield from _body_mismatches(interaction, reported)
        case kind:
            text = str(reported.get("mismatch") or kind)
            yield Mismatch("$", interaction.location, "pact", reported.get("expected"), None, text)


def _status(interaction: Interaction, reported: Mapping[str, Any]) -> Mismatch:
    rule = interaction.response.matchers.status
    return Mismatch(
        path="$.status",
        where=f"{interaction.location}.response.status",
        rule=_words(rule) if rule else _EQUAL,
        expected=reported.get("expected"),
        actual=reported.get("actual"),
        text=f"expected status {reported.get('expected')}, got {reported.get('actual')}",
    )


def _header(interaction: Interaction, reported: Mapping[str, Any]) -> Mismatch:
    name = str(reported.get("key"))
    rule = interaction.response.matchers.header.get(name.lower())
    return Mismatch(
        path=f"$.headers['{name}']",
        where=f"{interaction.location}.response.headers{show([name])}",
        rule=_words(rule) if rule else _EQUAL,
        expected=_unquoted(reported.get("expected")),
        actual=reported.get("actual") or None,
        text=_sentence(reported),
    )


def _body_mismatches(interaction: Interaction, reported: Mapping[str, Any]) -> Iterator[Mismatch]:
    steps = parse_expression(str(reported.get("path", "$")).removeprefix("/"))
    expected, actual = _json(reported.get("expected")), _json(reported.get("actual"))
    if "missing the following keys" in str(reported.get("mismatch")):
        for name in sorted(set(expected) - set(actual)):
            place = (*steps, name)
            yield Mismatch(
                path=f"$.body{show(place)}",
                where=_where(interaction, place),
                rule=f"present, {_body_rule(interaction, place)}",
                expected=_example(interaction, place),
                actual=None,
                text=f"expected {show(place) or 'it'} in the body, and it is missing",
            )
    else:
        yield _body(interaction, reported, steps, _body_rule(interaction, steps))


def _body(
    interaction: Interaction, reported: Mapping[str, Any], steps: tuple[Step, ...], rule: str
) -> Mismatch:
    return Mismatch(
        path=f"$.body{show(steps)}",
        where=_where(interaction, steps),
        rule=rule,
        expected=_json(reported.get("expected")),
        actual=_json(reported.get("actual")),
        text=_sentence(reported),
    )


def _sentence(reported: Mapping[str, Any]) -> str:
    text = " ".join(str(reported.get("mismatch", "")).split())
    return text.split("': ", 1)[1] if text.startswith("Mismatch with header '") else text


def _where(interaction: Interaction, steps: Sequence[Step]) -> str:
    """The place of an expectation in the pact: `each like` has one example for all items."""
    body = interaction.response.body
    if body is None:
        return f"{interaction.location}.response"
    content, place = body.content, []
    for step in steps:
        known = step
        if isinstance(step, int) and isinstance(content, list):
            known = min(step, max(len(content) - 1, 0))
        place.append(known)
        content = _child(content, known)
    return f"{interaction.location}.response.{body.location}{show(place)}"


def _example(interaction: Interaction, steps: Sequence[Step]) -> Any:
    content = interaction.response.body.content if interaction.response.body else None
    for step in steps:
        if isinstance(step, int) and isinstance(content, list):
            content = _child(content, min(step, max(len(content) - 1, 0)))
        else:
            content = _child(content, step)
    return content


def _child(content: Any, step: Step) -> Any:
    if isinstance(content, Mapping):
        return content.get(str(step))
    if isinstance(content, list) and isinstance(step, int) and step < len(content):
        return content[step]
    return None


def _body_rule(interaction: Interaction, steps: Sequence[Step]) -> str:
    """The words of the most specific rule for a place in the body."""
    fitting = [
        (weight(expression, steps), rule)
        for expression, rule in interaction.response.matchers.body
        if len(expression) == len(steps) or _cascades(rule)
    ]
    best = max(fitting, key=lambda each: each[0], default=(0, None))
    return _words(best[1]) if best[0] and best[1] else _EQUAL


def _cascades(rule: Rule) -> bool:
    return any(matcher.kind in _CASCADING for matcher in rule.matchers)


def _words(rule: Rule) -> str:
    joint = " and " if rule.combine == "AND" else " or "
    return joint.join(_matcher_words(matcher) for matcher in rule.matchers)


def _matcher_words(matcher: Matcher) -> str:
    options = matcher.options
    words = _WORDS.get(matcher.kind, matcher.kind)
    if matcher.kind == "regex":
        return f"matches regex {options.get('regex')} as a whole"  # as pact_matching 2 does
    if matcher.kind == "include":
        return f"includes {options.get('value')}"
    if matcher.kind == "statuscode":
        return f"status {options.get('status')}"
    if matcher.kind in {"eachkey", "eachvalue"}:
        return f"{words} {_words(read_rule(options.get('rules') or []))}"
    if matcher.kind in {"date", "time", "datetime"}:
        stated = options.get("format") or options.get(matcher.kind) or "as in ISO 8601"
        return f"a {matcher.kind} {stated}"
    least, most = options.get("min"), options.get("max")
    words += f", at least {least} items" if least is not None else ""
    return words + (f", at most {most} items" if most is not None else "")


def _json(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:  # no JSON, or a number that is too long
        return text


def _unquoted(text: Any) -> Any:
    value = _json(text)
    return value if isinstance(value, str) else text
