"""What is no part of an interface: standard headers, and requests that are to be turned down.

A consumer may test that it is turned down, but only an answer about the invalid part is an excuse:
a 404 for a user that does not exist does not excuse a body that no provider would accept. Source:
RFC 9110, 15.5, and RFC 6585.
"""

from collections.abc import Mapping
from typing import Final

from apiproof.openapi.operations import IGNORED_HEADERS

_REQUEST = """
accept-charset accept-encoding accept-language access-control-request-headers
access-control-request-method baggage cache-control connection content-encoding
content-language content-length content-md5 cookie date dnt expect forwarded from host
if-match if-modified-since if-none-match if-range if-unmodified-since keep-alive
max-forwards origin pragma prefer proxy-authorization range referer te traceparent
tracestate trailer transfer-encoding upgrade user-agent via warning x-amzn-trace-id
x-b3-sampled x-b3-spanid x-b3-traceid x-correlation-id x-forwarded-for x-forwarded-host
x-forwarded-port x-forwarded-proto x-real-ip x-request-id x-requested-with
"""
_RESPONSE = """
accept-patch accept-post accept-ranges age allow alt-svc cache-control connection
content-disposition content-encoding content-language content-length content-location
content-md5 content-range content-security-policy content-type cross-origin-opener-policy
cross-origin-resource-policy date etag expires keep-alive last-modified link location pragma
proxy-authenticate referrer-policy retry-after server set-cookie status
strict-transport-security trailer transfer-encoding upgrade vary via warning
www-authenticate x-content-type-options x-frame-options x-powered-by x-request-id
x-correlation-id x-xss-protection
"""
REQUEST: Final = IGNORED_HEADERS | frozenset(_REQUEST.split())
RESPONSE: Final = frozenset(_RESPONSE.split())


def is_standard_answer(name: str) -> bool:
    """Whether a response may carry a header that its document doesn't mention."""
    return name.lower() in RESPONSE or name.lower().startswith("access-control-")


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
