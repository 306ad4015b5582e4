"""The application: routes, handlers and middleware around the surroundings.

`create_app` has no side effects outside the object that it returns.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute

from api import health, openapi
from api.dependencies import AppState
from api.exception_handlers import install_exception_handlers
from api.middleware import (
    REQUEST_ID,
    Admission,
    BodyLimit,
    LastResort,
    Line,
    RequestDeadline,
    RequestRecord,
)
from api.randoms.router import router as randoms_router
from api.settings import Settings, read_settings
from api.users.router import build_public_router
from api.users.router import router as users_router


def create_app(settings: Settings | None = None, state: AppState | None = None) -> FastAPI:
    """Build the service. Nothing is connected until the first request.

    Args:
        settings: read from the environment when not given.
        state: built from the settings when not given; see AppState.build.

    Raises:
        SettingsInvalid: a setting is missing or bad.
    """
    settings = settings or read_settings()
    app = FastAPI(
        **openapi.ABOUT,
        lifespan=_lifespan,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    state = state or AppState.build(settings)
    app.state.dependencies = state
    # /users/me stands before /users/{sub}, which would shadow it.
    app.include_router(users_router)
    app.include_router(build_public_router(with_email=settings.public_email))
    app.include_router(randoms_router)
    app.include_router(health.router)
    install_exception_handlers(app)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    app.add_middleware(Admission, lines=_lines(state))
    app.add_middleware(RequestDeadline, seconds=settings.request_deadline)
    app.add_middleware(LastResort)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", REQUEST_ID],
            expose_headers=["Location", "Retry-After", "WWW-Authenticate", REQUEST_ID],
        )
    app.add_middleware(RequestRecord)
    openapi.customize(app)
    return app


def _lines(state: AppState) -> dict[str, Line]:
    """Say where most requests wait; others wait when they come to their queue."""
    database, accounts = Line(state.database.bulkhead), Line(state.accounts)
    return {
        "/randoms": database,
        "/users/me": database,
        "/users/login": accounts,
        "/users/refresh": accounts,
        "/users/signup": Line(state.signups),
    }


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    yield {"deadline": app.state.dependencies.deadline}  # for HttpProtocol
    app.state.dependencies.database.engine.dispose()


def _operation_id(route: APIRoute) -> str:
    return route.name
