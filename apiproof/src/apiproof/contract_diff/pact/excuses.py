"""Which answers excuse which invalid requests: a consumer may test that it is turned down.

Only an answer about the invalid part is an excuse: a 404 for a user that doesn't exist doesn't
excuse a body that no provider would accept. Source: RFC 9110, section 15.5, and RFC 6585.
"""

from collections.abc import Mapping
from typing import Final

BY_PART: Final[Mapping[str, frozenset[int]]] = {
    "path": frozenset({400, 404, 414, 422}),
    "query": frozenset({400, 414, 422}),
    "header": frozenset({400, 406, 412, 417, 422, 428, 431}),
    "cookie": frozenset({400, 422}),
    "missing credential": frozenset({400, 401, 403, 412, 422, 428}),
    "accept": frozenset({400, 406, 415}),
    "content type": frozenset({400, 406, 415, 422}),
    "body": frozenset({400, 411, 413, 415, 422}),
}


def excused(part: str, status: int) -> bool:
    """Whether an answer is about an invalid part of the request."""
    return status in BY_PART[part]
