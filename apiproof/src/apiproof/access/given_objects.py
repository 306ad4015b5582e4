"""Objects that an account had from its beginning, where no operation makes any (read-only APIs)."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.http import Request, Response
from apiproof.access.prepared import CreatedResource, items_of, shared_values
from apiproof.access.resources import ResourceCreator, created_id, prefix_of
from apiproof.openapi.document import Operation


def given_object(
    operations: Iterable[Operation],
    template: str,
    name: str,
    known: Mapping[str, Any],
    send: Callable[[Request], Response],
) -> CreatedResource | None:
    """Return an object that a list shows to its owner; None where no list shows any.

    Args:
        operations: The document's.
        template: The path of such an object, up to and with the parameter.
        name: The parameter.
        known: Path parameters that are given.
        send: Sends a request as the owner.
    """
    path = prefix_of(template, name).rstrip("/")
    for listing in operations:
        is_list = listing.method == "GET" and listing.path.rstrip("/") == path
        if not is_list or not listing.secured:
            continue
        request = Request(listing, shared_values(template, listing.path, known))
        answer = send(request)
        for item in items_of(answer.json) if answer.ok else ():
            shown = replace(answer, text=json.dumps(item))
            value = created_id(ResourceCreator(listing), shown, template, name)
            if value is not None:
                return CreatedResource(name, value, listing, request, shown)
    return None
