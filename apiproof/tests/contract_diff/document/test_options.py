"""Policies of severities, the changelog, and the URLs that references may lead to."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from apiproof.contract_diff.document import ChangeSeverity
from apiproof.contract_diff.document.rules import OASDIFF, RULES, Policy, load_policy
from apiproof.contract_diff.document.run import DiffOptions, run
from apiproof.errors import UserError
from tests.contract_diff.document.corpus import CASES_BY_ID

BOTH = CASES_BY_ID["path-removed"]


def _run(tmp_path: Path, options: DiffOptions, old: Any = None, new: Any = None) -> tuple[int, str]:
    paths = [tmp_path / "old.json", tmp_path / "new.json"]
    for path, document in zip(paths, (old or BOTH.old, new or BOTH.new), strict=True):
        path.write_text(json.dumps(document))
    stream = io.StringIO()
    console = Console(file=stream, width=200, highlight=False)
    code = run(paths[0], str(paths[1]), options, console)
    return code, stream.getvalue()


@pytest.mark.parametrize(
    ("table", "code", "summary"),
    [
        ('"operation-removed" = "error"', 1, "1 breaking, 0 warnings, 0 harmless changes."),
        ('"operation-removed" = "warning"', 0, "0 breaking, 1 warning, 0 harmless changes."),
        ('"operation-*" = "info"', 0, "0 breaking, 0 warnings, 1 harmless change."),
        (
            '"api-removed-without-deprecation" = "ignore"',
            0,
            "0 breaking, 0 warnings, 0 harmless changes. 1 ignored by the policy.",
        ),
        (
            '"*" = "ignore"\n"operation-removed" = "error"',
            1,
            "1 breaking, 0 warnings, 0 harmless changes.",
        ),
    ],
)
def test_a_policy_says_how_severe_each_rule_is(
    tmp_path: Path, table: str, code: int, summary: str
) -> None:
    """By our rules, oasdiff's or patterns; the last that fits wins; what is left out is counted."""
    policy = tmp_path / "policy.toml"
    policy.write_text(f"[severities]\n{table}\n")
    found, text = _run(tmp_path, DiffOptions(policy=policy))
    assert (found, text.splitlines()[-1]) == (code, summary)


def test_a_policy_counts_for_the_exit_code_with_warnings(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[severities]\n"operation-removed" = "warning"\n')
    assert _run(tmp_path, DiffOptions(policy=policy, fail_on=ChangeSeverity.WARNING))[0] == 1


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("none.toml", None, "There is no policy at"),
        ("a.toml", "no toml", "cannot be read"),
        ("b.toml", "", "is empty; it wants one table, [severities]"),
        ("c.toml", '[severitys]\n"a" = "error"\n', "has severitys; it wants one table"),
        ("d.toml", "severities = 3\n", "no table of rules"),
        ("e.toml", '[severities]\n"operation-remved" = "error"\n', "mean operation-removed"),
        ("f.toml", '[severities]\n"operation-removed" = "fatal"\n', "is error, warning, info"),
        ("pyproject.toml", "[tool.other]\n", "is empty"),
        ("pyproject.toml", "tool = 1\n", "is empty"),
        ("pyproject.toml", "[tool.apiproof]\nopenapi-diff = 1\n", "wants one table"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_one_line_and_2(
    tmp_path: Path, name: str, text: str | None, told: str
) -> None:
    policy = tmp_path / name
    if text is not None:
        policy.write_text(text)
    code, shown = _run(tmp_path, DiffOptions(policy=policy))
    assert (code, shown.count("\n"), told in shown) == (2, 1, True), shown


def test_a_projects_own_policy_is_read_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_policy(None) == Policy()
    Path("pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert load_policy(None) == Policy()
    table = '[tool.apiproof.openapi-diff.severities]\n"operation-removed" = "ignore"\n'
    Path("pyproject.toml").write_text(table)
    assert _run(tmp_path, DiffOptions())[0] == 0


def test_every_alias_names_a_rule() -> None:
    for name in OASDIFF:
        policy = Policy({name: "ignore"})
        assert any(policy.severity(rule, harmful=True) is None for rule in RULES), name


def test_an_unknown_severity_is_refused_in_code_too() -> None:
    with pytest.raises(UserError, match="There is no rule nonsense"):
        Policy({"nonsense": "error"})


def test_a_changelog_on_a_terminal_is_plain_text(tmp_path: Path) -> None:
    code, text = _run(tmp_path, DiffOptions(changelog=True))
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    assert code == 1
    assert text == (
        f"{old} → {new}\n1 breaking, 0 warnings, 0 harmless changes.\n\n"
        "Removed\n  Breaking: POST /trees was removed.\n"
    )


def test_a_changelog_tells_what_came_went_and_changed(tmp_path: Path) -> None:
    old = {"openapi": "3.1.0", "paths": {"/gone": {"get": {}}, "/a": {"get": {}, "put": {}}}}
    limited = {"name": "limit", "in": "query", "required": True}
    item = {"get": {"parameters": [limited], "operationId": "list_a"}, "put": {"deprecated": True}}
    new = {"openapi": "3.1.0", "paths": {"/come": {"get": {}}, "/a": item}}
    _, text = _run(tmp_path, DiffOptions(changelog=True), old, new)
    assert text.partition("\n\n")[2] == (
        "Added\n  GET /come was added.\n\nRemoved\n  Breaking: GET /gone was removed.\n\n"
        "GET /a\n  Breaking: A required query parameter `limit` was added.\n\n"
        "PUT /a\n  PUT /a is now deprecated.\n"
    )


class _Files(BaseHTTPRequestHandler):
    """Answers every path with a schema, and keeps which were asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        self.send_response(302 if self.path == "/lib/moved.json" else 200)
        self.send_header("Location", "/secret.json")
        self.end_headers()
        self.wfile.write(b'{"type": "string"}')

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def files() -> Iterator[tuple[str, list[str]]]:
    handler = type("Files", (_Files,), {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", handler.asked  # type: ignore[attr-defined]  # just given
        server.shutdown()
        thread.join()


def _with_reference(reference: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": reference}}}
    return {"openapi": "3.1.0", "paths": {"/a": {"put": {"requestBody": {"content": content}}}}}


@pytest.mark.parametrize(
    ("allowed", "path", "code"),
    [
        ("/lib/", "/lib/a.json", 0),
        ("/lib", "/lib/a.json", 0),
        ("", "/lib/a.json", 0),
        ("/lib/a.json", "/lib/a.json", 0),
        (None, "/lib/a.json", 2),
        ("/lib/", "/library/a.json", 2),
        ("/lib", "/library/a.json", 2),
        ("/lib/", "/lib/../secret.json", 2),
        ("/lib/", "/lib/%2e%2e/secret.json", 2),
        ("/lib/", "/lib/moved.json", 2),
    ],
)
def test_references_lead_only_where_it_was_allowed(
    tmp_path: Path, files: tuple[str, list[str]], allowed: str | None, path: str, code: int
) -> None:
    origin, asked = files
    document = _with_reference(f"{origin}{path}")
    urls = () if allowed is None else (f"{origin}{allowed}",)
    assert _run(tmp_path, DiffOptions(allowed_urls=urls), document, document)[0] == code
    assert "/secret.json" not in asked
    assert bool(asked) is (code == 0 or path.endswith("moved.json"))


def test_an_origin_that_only_begins_alike_is_another(
    tmp_path: Path, files: tuple[str, list[str]]
) -> None:
    origin, asked = files
    document = _with_reference(f"{origin}/a.json")
    short = origin[:-1]
    code, text = _run(tmp_path, DiffOptions(allowed_urls=(short,)), document, document)
    assert (code, asked) == (2, [])
    assert "was not given" in text


@pytest.mark.parametrize("url", ["127.0.0.1/lib", "file:///etc", "https://", "*"])
def test_what_begins_no_url_is_refused(tmp_path: Path, url: str) -> None:
    code, text = _run(tmp_path, DiffOptions(allowed_urls=(url,)))
    assert (code, "begins no http(s) URL" in text) == (2, True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (DiffOptions(provider="things"), "name them with --pacts"),
        (DiffOptions(changelog=True, format="json"), "A changelog is text, markdown, html"),
        (DiffOptions(changelog=True, format="sarif"), "not sarif"),
    ],
)
def test_options_that_would_change_nothing_are_refused(
    tmp_path: Path, options: DiffOptions, told: str
) -> None:
    code, text = _run(tmp_path, options)
    assert (code, text.count("\n"), told in text) == (2, 1, True), text


def test_a_password_in_a_url_is_never_printed() -> None:
    stream = io.StringIO()
    url = "http://name:secret@127.0.0.1:9/openapi.json"
    code = run(url, url, DiffOptions(), Console(file=stream, width=200))
    assert code == 2
    assert "secret" not in stream.getvalue()
