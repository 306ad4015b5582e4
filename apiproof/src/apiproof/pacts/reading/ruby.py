"""Matchers that old pact-ruby files (V1, `json_class`) embed in values, told as matching rules.

{"json_class": "Pact::SomethingLike", "contents": {...}}
{"json_class": "Pact::ArrayLike", "contents": {...}, "min": 1}
{"json_class": "Pact::Term",
 "data": {"generate": "x", "matcher": {"json_class": "Regexp", "s": "x|y"}}}
"""

from collections.abc import Mapping
from typing import Any

from apiproof.pacts.reading.expressions import Step
from apiproof.pacts.reading.model import Matcher, Rule

Rules = list[tuple[tuple[Step, ...], Rule]]


def without_classes(part: Mapping[str, Any]) -> tuple[Mapping[str, Any], Rules]:
    """A request or response with plain examples, and the rules of its body that stood in them."""
    rules: Rules = []
    plain = {
        name: unwrap(value, (), rules if name == "body" else [])
        for name, value in part.items()
        if name not in ("matchingRules", "generators")
    }
    return {**part, **plain}, rules


def unwrap(value: Any, place: tuple[Step, ...], rules: Rules) -> Any:
    """The example of a value without its embedded matchers, which are added to `rules`."""
    if isinstance(value, list):
        return [unwrap(item, (*place, number), rules) for number, item in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    match value.get("json_class"):
        case "Pact::SomethingLike":
            rules.append((place, Rule((Matcher("type"),))))
            return unwrap(value.get("contents"), place, rules)
        case "Pact::ArrayLike":
            least = value.get("min", 1)
            rules.append((place, Rule((Matcher("type", {"min": least}),))))
            return [unwrap(value.get("contents"), (*place, "*"), rules)] * max(1, int(least))
        case "Pact::Term":
            return _term(value.get("data") or {}, place, rules)
    return {name: unwrap(item, (*place, name), rules) for name, item in value.items()}


def _term(data: Mapping[str, Any], place: tuple[Step, ...], rules: Rules) -> Any:
    pattern = data.get("matcher")
    if isinstance(pattern, Mapping):
        rules.append((place, Rule((Matcher("regex", {"regex": pattern.get("s", "")}),))))
    return data.get("generate")
