"""Applications share what FastAPI works out of a route where it is the same for both."""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi.routing import _EffectiveRouteContext

from apiproof.http.client import AsgiClient
from tests.shared_routes import share_routes

_router = APIRouter()


def _number() -> int:
    return 1


@_router.get("/things", name="things")
def _things(number: Annotated[int, Depends(_number)], least: Annotated[int, Query(ge=0)]) -> int:
    return number + least


def application(prefix: str = "", number: int | None = None) -> FastAPI:
    app = FastAPI()
    needs = [] if number is None else [Depends(lambda least: least)]
    app.include_router(_router, prefix=prefix, dependencies=needs)
    return app


def answer(app: FastAPI, path: str) -> Any:
    with AsgiClient(app) as client:
        return client.get(path).json()


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of what FastAPI works out, without what an earlier test has left at the route."""
    work_out = _EffectiveRouteContext.from_api_route
    found = []

    def counted(**options: Any) -> Any:
        found.append(options["include_context"].prefix)
        return work_out(**options)

    for route in _router.routes:
        vars(route).pop("_kept_for_tests", None)
    monkeypatch.setattr(_EffectiveRouteContext, "from_api_route", counted)
    share_routes()
    return found


def test_a_second_application_works_nothing_out_anew(worked_out: list[str]) -> None:
    assert [answer(application(), "/things?least=2") for _ in range(3)] == [3, 3, 3]
    assert worked_out == [""]
    assert application().openapi() == application().openapi()


def test_what_is_included_in_another_way_is_not_shared(worked_out: list[str]) -> None:
    assert answer(application(), "/things?least=2") == 3
    assert answer(application("/v2"), "/v2/things?least=2") == 3
    assert answer(application("/v2"), "/things?least=2") == {"detail": "Not Found"}
    assert answer(application(number=1), "/things?least=-1")["detail"]
    assert worked_out[:2] == ["", "/v2"]
