"""What FastAPI works out of a route at an application's first request, kept for further ones.

Hundreds of tests make an application of their own, with other settings and the same routes. For
each of them FastAPI (0.165) makes pydantic's validators of all parameters and answers anew: 45 ms,
a fifth of the contract suite's processor time.

Routes that are not the same object, or are included in another way, share nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from fastapi.routing import _EffectiveRouteContext

_SEAM: Final = "from_api_route"
_KEPT: Final = "_kept_for_tests"


def share_routes() -> None:
    """Keep it from now on, in this process: at the routes, which modules hold."""
    work_out: Callable[..., Any] = getattr(_EffectiveRouteContext, _SEAM)

    def from_api_route(*, original_route: Any, include_context: Any) -> Any:
        # Which application it is matters for `dependency_overrides` alone; there are none here.
        wanted = replace(include_context, dependency_overrides_provider=None)
        included, found = getattr(original_route, _KEPT, (None, None))
        if included != wanted:
            found = work_out(original_route=original_route, include_context=wanted)
            setattr(original_route, _KEPT, (wanted, found))
        return found

    setattr(_EffectiveRouteContext, _SEAM, from_api_route)
