"""The limit for the load benchmark: bare Starlette endpoints, `uvicorn tests.bench.bare:app`.

They check the token and run the queries that the API runs, and do nothing else: no validation, no
documented errors, no log lines, no deadlines.
"""

import json
import os
import urllib.request
from typing import Any

import boto3
import jwt
from sqlalchemy import create_engine, text
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

ISSUER = os.environ["AWS_COGNITO_ISSUER"]
ENGINE = create_engine(os.environ["DATABASE_URL"], pool_size=20)
CLIENT_ID = os.environ["AWS_COGNITO_APP_CLIENT_ID"]
COGNITO = boto3.session.Session().client(
    "cognito-idp",
    region_name=os.environ["AWS_REGION"],
    endpoint_url=os.environ["AWS_COGNITO_ENDPOINT"],
)
USER = text("SELECT id, sub, signed_out_at, disabled_at FROM users WHERE sub = :sub")
PAGE = text("SELECT * FROM random_items WHERE owner_id = :owner ORDER BY id LIMIT 20")
INSERT = text(
    "INSERT INTO random_items (owner_id, min_value, max_value, num, created_at, updated_at) "
    "VALUES (:owner, :low, :high, :low, now(), now()) RETURNING *"
)
_keys: dict[str, Any] = {}


def _subject(request: Request) -> str:
    token = request.headers["authorization"].removeprefix("Bearer ")
    kid = jwt.get_unverified_header(token)["kid"]
    if kid not in _keys:
        with urllib.request.urlopen(os.environ["AWS_COGNITO_JWKS_URL"]) as answer:  # noqa: S310
            _keys.update({key["kid"]: jwt.PyJWK(key).key for key in json.load(answer)["keys"]})
    return str(jwt.decode(token, _keys[kid], ["RS256"], issuer=ISSUER)["sub"])


def _answer(rows: Any, status: int = 200) -> JSONResponse:
    found = [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it
    for row in found:
        row["created_at"], row["updated_at"] = str(row["created_at"]), str(row["updated_at"])
    return JSONResponse(found, status)


def list_randoms(request: Request) -> JSONResponse:
    sub = _subject(request)
    with ENGINE.begin() as connection:
        owner = connection.execute(USER, {"sub": sub}).one().id
        return _answer(connection.execute(PAGE, {"owner": owner}))


async def create_random(request: Request) -> JSONResponse:
    body = await request.json()
    return await run_in_threadpool(_create, _subject(request), body)


def _create(sub: str, body: dict[str, int]) -> JSONResponse:
    with ENGINE.begin() as connection:
        owner = connection.execute(USER, {"sub": sub}).one().id
        bounds = {"low": body["min_value"], "high": body["max_value"]}
        return _answer(connection.execute(INSERT, {"owner": owner, **bounds}), 201)


async def log_in(request: Request) -> JSONResponse:
    form = await request.form()
    return await run_in_threadpool(_log_in, str(form["username"]), str(form["password"]))


def _log_in(username: str, password: str) -> JSONResponse:
    parameters = {
        "USERNAME": username,
        "PASSWORD": password,
        "SECRET_HASH": os.environ["BENCH_SECRET_HASH"],
    }
    answer = COGNITO.initiate_auth(
        ClientId=CLIENT_ID, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )
    result = answer["AuthenticationResult"]
    claims = jwt.decode(result["AccessToken"], options={"verify_signature": False})
    with ENGINE.begin() as connection:
        connection.execute(USER, {"sub": claims["sub"]}).one()
    return JSONResponse(result)


app = Starlette(
    routes=[
        Route("/randoms", list_randoms, methods=["GET"]),
        Route("/randoms", create_random, methods=["POST"]),
        Route("/users/login", log_in, methods=["POST"]),
    ]
)
