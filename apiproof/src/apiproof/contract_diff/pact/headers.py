"""Headers that are no part of an interface: what HTTP, browsers, servers, proxies, tracing send."""

from typing import Final

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
# Parameters of these names mean nothing (OpenAPI 3.1, "Parameter Object", `name`).
IGNORED: Final = frozenset({"accept", "content-type", "authorization"})
REQUEST: Final = IGNORED | frozenset(_REQUEST.split())
RESPONSE: Final = frozenset(_RESPONSE.split())


def is_standard_answer(name: str) -> bool:
    """Whether a response may carry a header that its document doesn't mention."""
    return name.lower() in RESPONSE or name.lower().startswith("access-control-")
