"""All that is served besides AWS's API: keys, OAuth 2.0, the sign-in page, the controls.

Browsers may call what they may call at AWS (CORS): the API, the OAuth endpoints and the keys, but
not the controls.
"""

from apiproof.cognito.backend import Backend
from apiproof.cognito.control import Control
from apiproof.cognito.managed_login import ManagedLogin
from apiproof.cognito.oauth2 import OAuth2Endpoints
from apiproof.cognito.web import WebRequest, WebResponse, json_response

_EXPOSED = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"
_PREFLIGHT_SECONDS = "172800"  # what AWS answers


class WebEndpoints:
    """Finds the endpoint of a request.

    Args:
        backend: what they serve.
        open_: False leaves the controls out.
    """

    def __init__(self, backend: Backend, *, open_: bool) -> None:
        self._endpoints = (
            OAuth2Endpoints(backend),
            ManagedLogin(backend),
            Control(backend, open_=open_),
        )

    def answer(self, request: WebRequest) -> WebResponse:
        """Answer a request, with a 404 where nothing is served."""
        if request.method == "OPTIONS":
            return _preflight(request)
        for endpoint in self._endpoints:
            response = endpoint.answer(request)
            if response is not None:
                return response
        return json_response(404, {"message": f"There is no {request.method} {request.path} here."})


def _preflight(request: WebRequest) -> WebResponse:
    """Answer what a browser asks before it calls (Fetch Standard, "CORS-preflight request")."""
    if "Origin" not in request.headers or not _is_for_browsers(request):
        return WebResponse(405, headers={"Allow": "GET, POST"})
    wanted = request.headers.get("Access-Control-Request-Headers", "")
    return WebResponse(
        200,
        headers={
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": wanted,
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
            "Vary": "Access-Control-Request-Headers",
        },
    )


def cors_headers(request: WebRequest) -> dict[str, str]:
    """Give the headers that let a page of another origin read the answer."""
    if "Origin" not in request.headers or not _is_for_browsers(request):
        return {}
    return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": _EXPOSED}


def _is_for_browsers(request: WebRequest) -> bool:
    return not request.path.startswith("/_apiproof")
