"""Which operation a request means."""

from typing import Any

import pytest

from apiproof.openapi.document import Router


def operations(*templates: str, **extra: Any) -> Router:
    paths = {
        template: {"get": {"responses": {"200": {"description": ""}}}} for template in templates
    }
    return Router({"openapi": "3.1.0", "paths": paths, **extra})


def meant(found: Router, path: str, method: str = "GET") -> list[str]:
    return [route.operation.path for route in found.routes(method, path)]


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/users/me", "/users/me"),
        ("/users/7", "/users/{id}"),
        ("/users/7.json", "/users/{id}.json"),
        ("/users/a-b", "/users/{x}-{y}"),
        ("/users/7/photos/3", "/users/{id}/photos/{n}"),
        ("/users/%C3%A9", "/users/{id}"),
    ],
)
def test_most_specific_template_wins(path: str, template: str) -> None:
    templates = [
        "/users/{id}",
        "/users/me",
        "/users/{id}.json",
        "/users/{x}-{y}",
        "/users/{id}/photos/{n}",
        "/{anything}/{at_all}",
    ]
    assert meant(operations(*templates), path) == [template]


@pytest.mark.parametrize("path", ["/users", "/users/", "/users/7/", "/users/7/8", "/USERS/me", "/"])
def test_path_of_another_shape_means_nothing(path: str) -> None:
    assert meant(operations("/users/{id}", "/users/me"), path) == []


def test_variable_never_spans_segments() -> None:
    assert meant(operations("/files/{name}"), "/files/a/b") == []


def test_equally_specific_templates_are_all_meant() -> None:
    assert meant(operations("/a/{x}", "/a/{y}"), "/a/1") == ["/a/{x}", "/a/{y}"]


def test_method_is_that_of_any_template_that_has_it() -> None:
    found = operations("/users/{id}", "/users/me")
    assert meant(found, "/users/me", "DELETE") == []
    assert found.methods("/users/me") == ["GET"]


@pytest.mark.parametrize(
    ("server", "path"),
    [
        ({"url": "https://a.example/v1"}, "/v1/things"),
        ({"url": "https://a.example/v1/"}, "/v1/things"),
        ({"url": "/v1"}, "/v1/things"),
        ({"url": "/v1"}, "/things"),
        ({"url": "//a.example:80/v1"}, "/v1/things"),
        ({"url": "https://a.example"}, "/things"),
        (
            {"url": "/{v}", "variables": {"v": {"default": "v1", "enum": ["v1", "v2"]}}},
            "/v2/things",
        ),
        ({"url": "https://{h}/x", "variables": {"h": {"default": "a.example"}}}, "/x/things"),
    ],
)
def test_base_path_of_a_server_may_lead_the_path(server: dict[str, Any], path: str) -> None:
    assert meant(operations("/things", servers=[server]), path) == ["/things"]


@pytest.mark.parametrize("path", ["/v2/things", "/v1things", "/v1/v1/things"])
def test_other_base_path_means_nothing(path: str) -> None:
    assert meant(operations("/things", servers=[{"url": "/v1"}]), path) == []


def test_server_of_a_path_counts_for_it() -> None:
    document = {
        "openapi": "3.1.0",
        "paths": {"/a": {"servers": [{"url": "/own"}], "get": {"responses": {}}}},
    }
    assert meant(Router(document), "/own/a") == ["/a"]


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("/a%2Db/{x}", "/a-b/1", {"x": "1"}),
        ("/a b/{x}", "/a%20b/%252F", {"x": "%2F"}),
        ("/a/{x}", "/a/b%2Fc", {"x": "b/c"}),
        ("/%C3%A9/{x}", "/é/%C3%A9", {"x": "é"}),
        ("/{x}:run", "/7%3Arun", {"x": "7"}),
    ],
)
def test_a_path_means_the_same_however_it_is_encoded(
    template: str, path: str, values: dict[str, str]
) -> None:
    """The regression: only what a variable takes was decoded, the rest was compared as written."""
    (route,) = operations(template).routes("GET", path)
    assert route.values == values
    assert operations("/a/b").routes("GET", "/a%2Fb") == []
