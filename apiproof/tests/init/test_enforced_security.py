"""An application that reads credentials itself: init finds out, and the document is completed."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import Body, Depends, FastAPI, Header, HTTPException, Request
from fastapi.security import HTTPBearer

from apiproof.access import probe_service
from apiproof.environment import Environment
from apiproof.init.doctor import token_checks
from apiproof.init.enforced_security import (
    Undeclared,
    needed_group,
    needed_scopes,
    token_kinds,
    undeclared_security,
)
from apiproof.init.files import Plan, service_file
from apiproof.init.groups import named_scopes
from apiproof.init.source import SourceFacts, read_source
from apiproof.jwt import decode_unverified
from apiproof.service import OperationUnknown, Service

COOKIE = {"type": "apiKey", "in": "cookie", "name": "access_token"}


def application(*, careless: bool = False, in_cookie: bool = False) -> FastAPI:
    app = FastAPI()

    def caller(request: Request) -> str:
        header = request.headers.get("Authorization", "")
        if in_cookie:
            header = f"Bearer {request.cookies.get('access_token', '')}"
        if careless:
            return "anybody"
        if not header.startswith("Bearer ey"):
            raise HTTPException(401)
        return header

    @app.get("/profile", operation_id="profile")
    def profile(request: Request) -> int:
        return len(caller(request))

    @app.get("/admin", operation_id="admin")
    def admin(request: Request) -> None:
        caller(request)
        raise HTTPException(403)  # nobody is an administrator

    @app.post("/refresh", operation_id="refresh")
    def refresh() -> str:
        raise HTTPException(401)  # it wants a cookie, and no token

    @app.get("/open", operation_id="open")
    def is_open() -> str:
        return "open"

    return app


@pytest.fixture
def service() -> Service:
    return Service(application, database=False, undeclared_security={"profile": ()})


def test_what_asks_for_a_token_without_saying_so_is_found() -> None:
    with Environment.open(Service(application, database=False)) as env:
        assert undeclared_security(env) == Undeclared(operations=("profile", "admin"))


def test_a_credential_that_is_read_after_all_else_is_found() -> None:
    app = FastAPI()

    def let_in(authorization: str | None) -> str:
        if not (authorization or "").startswith("Bearer ey"):
            raise HTTPException(401)
        return "in"

    @app.post("/notes/{note_id}", operation_id="note")
    def note(note_id: UUID, text: Annotated[str, Body(embed=True)], request: Request) -> str:
        return let_in(request.headers.get("Authorization")) + text + str(note_id)

    @app.get("/greeting", operation_id="greeting")
    def greeting(authorization: Annotated[str, Header()]) -> str:
        return let_in(authorization)

    @app.post("/open", operation_id="open")
    def is_open(text: Annotated[str, Body(embed=True)]) -> str:
        return text

    with Environment.open(Service(lambda: app, database=False)) as env:
        assert undeclared_security(env).operations == ("note", "greeting")


def cookies(*, careless: bool = False) -> FastAPI:
    return application(careless=careless, in_cookie=True)


def test_a_token_in_a_cookie_that_the_source_reads_is_found(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(Path(__file__).read_text("utf-8"), "utf-8")
    places = read_source(tmp_path).credentials
    assert list(places) == [("cookie", "access_token")]
    with Environment.open(Service(cookies, database=False)) as env:
        assert undeclared_security(env).operations == ()
        undeclared = undeclared_security(env, places)
        kinds = token_kinds(env, undeclared)
    assert undeclared == Undeclared(COOKIE, ("profile", "admin"))
    assert kinds == {}  # it takes either kind
    text = service_file(Plan("app:app", None, SourceFacts(), undeclared=undeclared))
    scope: dict[str, Any] = {}
    exec(text, scope)  # noqa: S102  # what init writes runs as it is
    assert scope["SERVICE"].undeclared_scheme == COOKIE


@pytest.mark.parametrize("careless", [False, True])
def test_tokens_in_cookies_are_tried_as_those_in_headers(*, careless: bool) -> None:
    service = Service(
        lambda: cookies(careless=careless),
        database=False,
        undeclared_security={"profile": ()},
        undeclared_scheme=COOKIE,
    )
    with Environment.open(service) as env:
        report = probe_service(service, env)
        [check] = token_checks(env, env.new_account())
    found = {(finding.operation_id, finding.check) for finding in report.findings}
    assert (("profile", "anonymous_rejected") in found) == careless
    assert ("profile", "exercised") not in found
    assert check.text == "a token is taken: GET /profile answers 200"


def test_the_document_is_completed_and_the_declared_one_stays(service: Service) -> None:
    with Environment.open(service) as env:
        assert "security" not in env.declared["paths"]["/profile"]["get"]
        assert env.document["paths"]["/profile"]["get"]["security"] == [{"apiproofBearer": []}]
        assert "security" not in env.document["paths"]["/open"]["get"]


def findings(service: Service) -> set[tuple[str, str]]:
    with Environment.open(service) as env:
        report = probe_service(service, env)
    return {(finding.operation_id, finding.check) for finding in report.findings}


def test_removed_authentication_is_found_where_the_document_never_asked_for_it() -> None:
    careless = Service(
        lambda: application(careless=True), database=False, undeclared_security={"profile": ()}
    )
    assert ("profile", "anonymous_rejected") in findings(careless)


def test_an_operation_that_is_not_there_is_one_line() -> None:
    service = Service(application, database=False, undeclared_security={"gone": ()})
    with Environment.open(service, client=False) as env, pytest.raises(OperationUnknown) as caught:
        env.document  # noqa: B018  # it is made when it is asked for
    assert "gone" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_right_application_has_no_such_finding(service: Service) -> None:
    assert not {check for _, check in findings(service)} & {"anonymous_rejected", "exercised"}


def by_kind() -> FastAPI:
    """Build an application of which two operations take id tokens, and one access tokens."""
    app = FastAPI()

    def asks_for(kind: str) -> Callable[[str | None], None]:
        def check(authorization: Annotated[str | None, Header()] = None) -> None:
            token = (authorization or "").removeprefix("Bearer ")
            read = decode_unverified(token)
            if read is None or read.claims.get("token_use") != kind:
                raise HTTPException(401)

        return check

    for name, kind in {"mine": "id", "yours": "id", "ours": "access"}.items():
        app.get(f"/{name}", operation_id=name, dependencies=[Depends(asks_for(kind))])(
            lambda: "let in"
        )
    return app


def test_the_kind_of_token_is_found_and_a_service_of_both_is_told() -> None:
    with Environment.open(Service(by_kind, database=False)) as env:
        undeclared = undeclared_security(env)
        kinds = token_kinds(env, undeclared)
    assert undeclared.operations == ("mine", "yours", "ours")
    assert kinds == {"mine": "id", "yours": "id", "ours": "access"}
    plan = Plan("app:app", None, SourceFacts(), undeclared=undeclared, token_kinds=kinds)
    text = service_file(plan)
    assert 'token="id",' in text
    assert "# ours: takes the other kind" in text


def test_what_is_commented_out_can_be_taken_in() -> None:
    text = service_file(Plan("app:app", None, SourceFacts(groups=["admin", "user"])))
    assert "no user of a run is in: admin, user." in text
    scope: dict[str, Any] = {}
    exec(text.replace("    # new_user=", "    new_user="), scope)  # noqa: S102
    assert scope["SERVICE"].user(1).groups == ("admin",)


def for_scopes() -> FastAPI:
    """Build an application that asks for scopes of which its document says nothing."""
    app = FastAPI()
    bearer = HTTPBearer()

    def granted(token: str) -> list[str]:
        read = decode_unverified(token)
        return str(read.claims.get("scope", "")).split() if read else []

    @app.get("/me", operation_id="me")
    def me(request: Request) -> str:
        if "openid" not in granted(request.cookies.get("access_token", "")):
            raise HTTPException(401)
        return "me"

    @app.get("/orders", operation_id="orders")
    def orders(credentials: Annotated[Any, Depends(bearer)]) -> str:
        scopes = granted(credentials.credentials)
        if not {"shop/orders.read", "shop/list"} <= set(scopes):
            raise HTTPException(403)
        return "orders"

    @app.get("/hours", operation_id="hours", dependencies=[Depends(bearer)])
    def hours() -> str:
        return "9 to 5"

    return app


def test_scopes_that_the_code_asks_for_and_no_document_names_are_found() -> None:
    source = (
        "SCOPES = ['shop/list', 'unused']\nif 'shop/orders.read' in token_scopes: ...\nUserInfo"
    )
    scopes = named_scopes([ast.parse(source)], source)
    assert scopes == ["shop/list", "unused", "shop/orders.read", "openid"]
    places = [("cookie", "access_token")]
    with Environment.open(Service(for_scopes, database=False)) as env:
        undeclared = undeclared_security(env, places, scopes)
        needed = needed_scopes(env, undeclared, scopes)
    assert undeclared == Undeclared(COOKIE, ("me",))
    assert needed == {"me": ("openid",), "orders": ("shop/list", "shop/orders.read")}
    text = service_file(
        Plan("app:app", None, SourceFacts(), undeclared=undeclared, needed_scopes=needed)
    )
    scope: dict[str, Any] = {}
    exec(text, scope)  # noqa: S102  # what init writes runs as it is
    written = scope["SERVICE"]
    service = Service(
        for_scopes,
        database=False,
        trigger=written.trigger,
        undeclared_security=written.undeclared_security,
        undeclared_scheme=written.undeclared_scheme,
    )
    with Environment.open(service) as env:
        assert not env.missing_scopes()
        schemes = env.document["paths"]["/orders"]["get"]["security"]
        tokens = [check.is_failed for check in token_checks(env, env.new_account())]
    assert schemes == [{"HTTPBearer": ["shop/list", "shop/orders.read"]}]
    assert tokens == [False]


def for_members(*groups: str) -> FastAPI:
    """Build an application that takes id tokens of members of a group, for each its own."""
    app = FastAPI()

    def member(group: str) -> Callable[[str | None], None]:
        def check(authorization: Annotated[str | None, Header()] = None) -> None:
            read = decode_unverified((authorization or "").removeprefix("Bearer "))
            if read is None or read.claims.get("token_use") != "id":
                raise HTTPException(401)
            if group and group not in read.claims.get("cognito:groups", []):
                raise HTTPException(403)

        return check

    for group in groups:
        name = f"for_{group or 'all'}"
        app.get(f"/{name}", operation_id=name, dependencies=[Depends(member(group))])(lambda: "in")
    return app


@pytest.mark.parametrize(
    ("groups", "needed"), [(["members", "staff"], "members"), (["", "staff"], "")]
)
def test_the_group_that_every_caller_needs_is_found(groups: list[str], needed: str) -> None:
    with Environment.open(Service(lambda: for_members(*groups), database=False)) as env:
        undeclared = undeclared_security(env)
        kinds = token_kinds(env, undeclared)
        found = needed_group(env, undeclared, ["nobody", "members", "staff"])
        env.reset()
        with_group = token_kinds(env, undeclared, found)
    assert set(kinds.values()) == {"id"}  # although without a group either kind is refused
    assert found == needed
    assert with_group == kinds


@pytest.mark.parametrize(
    ("code", "groups"),
    [
        ('if "users" not in (user.groups or []): ...', ["users"]),
        ("ADMIN_GROUP = 'Admins'", ["Admins"]),
        ("ROLES = ('admin', 'team-lead')", ["admin", "team-lead"]),
        ("Depends(require_roles(['admin', 'owner']))", ["admin", "owner"]),
        ("RoleChecker('admin')", ["admin"]),
        ("claims.get('cognito:groups', 'none')", []),  # reads them
        ("if 'x' in names: ...", []),
    ],
)
def test_groups_are_read_in_the_code(tmp_path: Path, code: str, groups: list[str]) -> None:
    (tmp_path / "main.py").write_text(f"{code}\n", encoding="utf-8")
    assert read_source(tmp_path).groups == []  # where no token's groups are read, no word is one
    (tmp_path / "auth.py").write_text("found = claims['cognito:groups']\n", encoding="utf-8")
    facts = read_source(tmp_path)
    assert facts.groups == groups
    for group in ("", *groups[:1]):
        text = service_file(Plan("app:app", None, facts, group=group))
        scope: dict[str, Any] = {}
        exec(text, scope)  # noqa: S102  # what init writes runs as it is
        assert scope["SERVICE"].user(1).groups == ((group,) if group else ())
