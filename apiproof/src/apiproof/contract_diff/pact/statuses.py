"""Which of an operation's responses an expected status means: its own, its range, the default."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from apiproof.contract_diff.pact.document import Located
from apiproof.contract_diff.pact.operations import Operation
from apiproof.pacts.reading import Response

# Pact specification 4, "Status code matcher".
_CLASSES: Final[Mapping[str, Callable[[int], bool]]] = {
    "info": lambda status: status < 200,
    "success": lambda status: 200 <= status < 300,
    "redirect": lambda status: 300 <= status < 400,
    "clienterror": lambda status: 400 <= status < 500,
    "servererror": lambda status: status >= 500,
    "nonerror": lambda status: status < 400,
    "error": lambda status: status >= 400,
}


def declared_for(operation: Operation, response: Response) -> list[Located]:
    """The declared responses that may be meant; several where a matcher allows a class."""
    wanted = _wanted(response)
    if wanted is None:
        found = _declared(operation, response.status)
        return [found] if found else []
    codes = [code for code in range(100, 600) if wanted(code)]
    parts = [part for code in codes if (part := _declared(operation, code))]
    return list({part.pointer: part for part in parts}.values())


def _declared(operation: Operation, status: int) -> Located | None:
    responses = operation.responses
    keys = (str(status), f"{status // 100}XX", "DEFAULT")
    return next((responses[key] for key in keys if key in responses), None)


def _wanted(response: Response) -> Callable[[int], bool] | None:
    rule = response.matchers.status
    for matcher in rule.matchers if rule else ():
        stated: Any = matcher.options.get("status")
        if isinstance(stated, list):
            return lambda status: status in stated
        name = str(stated or "").lower().replace("-", "").replace("_", "")
        if name in _CLASSES:
            return _CLASSES[name]
        if matcher.kind in {"type", "integer", "number"}:
            return lambda _: True
    return None
