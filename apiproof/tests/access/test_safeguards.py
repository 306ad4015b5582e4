"""What is never sent, so that no account that was lent comes to harm."""

from typing import Any

import pytest

from apiproof.access.http import Request, RequestContent
from apiproof.access.safeguards import Safeguards
from apiproof.access.users import User
from apiproof.openapi.document import operations

LENT = User("ada", {"user_id": "7", "tenant_id": "acme"}, is_lent=True)
MADE = User("eve", {"user_id": "8", "tenant_id": "apex"})


def reason(method: str, path: str, values: dict[str, Any], body: Any = None) -> str:
    document = {"paths": {path: {method.lower(): {"operationId": "x"}}}}
    (operation,) = operations(document)
    guarded = Safeguards()
    guarded.protect([LENT, MADE], lambda _auth: False)
    return guarded.reason(Request(operation, values, RequestContent(body=body)))


@pytest.mark.parametrize("identifier", [7, "7"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/users/{id}"),
        ("PUT", "/api/members/v1/{key}"),
        ("POST", "/teams/{team}/promote/{user_id}"),
        ("POST", "/users/{id}/promote"),
    ],
)
def test_a_lent_account_is_known_by_a_short_id_where_a_person_is_named(
    method: str, path: str, identifier: Any
) -> None:
    name = "user_id" if "user_id" in path else path.partition("{")[2].partition("}")[0]
    values = {"team": "1", name: identifier}
    assert "was lent" in reason(method, path, values)
    assert reason(method, path, {**values, name: 8}) == ""


@pytest.mark.parametrize("name", ["id", "user_id", "accountId"])
def test_a_body_that_names_a_lent_account_by_a_short_id_is_not_sent(name: str) -> None:
    assert "was lent" in reason("POST", "/users/delete", {}, {"who": [{name: 7}]})
    assert reason("POST", "/users/delete", {}, {"who": [{name: 8}]}) == ""


@pytest.mark.parametrize("users", [[User("ada", is_lent=True)], [User("eve")]])
def test_a_lent_account_of_which_nothing_is_known_does_not_change_itself(users: list[User]) -> None:
    (operation,) = operations({"paths": {"/users/me": {"delete": {"security": [{"any": []}]}}}})
    guarded = Safeguards()
    guarded.protect(users, lambda _auth: users[0].is_lent)
    assert ("was lent" in guarded.reason(Request(operation))) is users[0].is_lent


@pytest.mark.parametrize(
    ("method", "path", "values"),
    [
        ("DELETE", "/orders/{id}", {"id": 7}),  # an order has that number, too
        ("POST", "/users/{id}/orders", {"id": 7}),  # adds something to it
        ("GET", "/users/{id}", {"id": 7}),
    ],
)
def test_what_changes_no_account_is_sent(method: str, path: str, values: dict[str, Any]) -> None:
    assert reason(method, path, values) == ""


def test_a_lent_tenant_stays_and_what_is_below_it_may_be_made_and_changed() -> None:
    assert "belong to" in reason("DELETE", "/tenants/{tenant_id}", {"tenant_id": "acme"})
    assert reason("DELETE", "/tenants/{tenant_id}", {"tenant_id": "apex"}) == ""
    below = {"tenant_id": "acme", "id": 1}
    assert reason("DELETE", "/tenants/{tenant_id}/lists/{id}", below) == ""


@pytest.mark.parametrize(
    ("method", "path", "values"),
    [
        ("GET", "/del_items", {}),
        ("GET", "/items/{id}/delete", {"id": 8}),
        ("GET", "/reset", {}),
        ("DELETE", "/api/users", {}),
        ("POST", "/clear-orders", {}),
        ("POST", "/delete_all", {}),
    ],
)
def test_what_removes_something_that_nothing_names_is_not_sent(
    method: str, path: str, values: dict[str, Any]
) -> None:
    assert "name it with --operation" in reason(method, path, values)


@pytest.mark.parametrize(
    ("method", "path", "values"),
    [
        ("GET", "/deleted", {}),
        ("GET", "/password/reset", {}),  # a form
        ("DELETE", "/cart", {}),
        ("DELETE", "/users/{id}", {"id": 8}),
    ],
)
def test_what_removes_nothing_or_says_what_is_sent(
    method: str, path: str, values: dict[str, Any]
) -> None:
    assert reason(method, path, values) == ""
