"""What `nox -s bench -- fuzzing` fuzzes: our API, two other documents, and our API with a defect.

`python -m tests.bench.fuzzing_targets DEFECT COMMAND...` is `apiproof COMMAND...` with a defect of
the catalogue planted.
"""

import json
import os
import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from apiproof.cli import main
from apiproof.faults.injection import injected
from apiproof.service import Service
from tests.faults.catalogue import STUDY

ROOT = Path(__file__).parent.parent.parent
DEFECT = "anonymous-is-the-first-user"  # stock has a check that can notice it
DOCUMENT = "BENCH_DOCUMENT"  # the variable that names GitHub's
METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True)
class Target:
    """What is fuzzed.

    Attributes:
        name: for the table.
        command: the words that are `apiproof`.
        service: as `--service` takes it; empty for the project's own.
        modules: the folder that its modules are imported from.
        arguments: for `schemathesis run`, stock's and ours.
        document: where GitHub's document is.
        sign_in: settings by which stock signs in anew where a token is refused, for a username and
            a password; empty where nothing can end a session.
        keeps_account: what stock is told then, so that its one account lasts.
    """

    name: str
    command: tuple[str, ...] = ("-m", "apiproof")
    service: str = ""
    modules: Path = ROOT
    arguments: tuple[str, ...] = ()
    document: Path | None = None
    sign_in: str = ""
    keeps_account: tuple[str, ...] = ()

    def words(self, name: str, *arguments: str) -> list[str]:
        """A command of apiproof's on it."""
        service = ["--service", self.service] if self.service else []
        return [sys.executable, *self.command, name, *service, *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """The variables of its commands."""
        own = {"PYTHONPATH": str(self.modules)}
        return {**os.environ, **own, **({DOCUMENT: str(self.document)} if self.document else {})}


SIGN_IN = """
[auth.dynamic.openapi.Cognito]
path = "/users/login"
payload = {{ username = "{username}", password = "{password}" }}
payload_content_type = "application/x-www-form-urlencoded"
extract_selector = "/access_token"
"""

OURS = Target("our API", sign_in=SIGN_IN, keeps_account=("--exclude-operation-id", "delete_me"))
DRAWERS = Target(
    "drawers, an application of the kit's tests",
    service="tests.apps.drawers:RIGHT",
    modules=ROOT / "apiproof",
)
DEFECTIVE = Target(f"our API with {DEFECT}", command=("-m", "tests.bench.fuzzing_targets", DEFECT))


def github(document: Path) -> Target:
    """GitHub's document, answered by `stub`."""
    return Target(
        "GitHub's document, answered with its examples",
        service="tests.bench.fuzzing_targets:GITHUB",
        document=document,
    )


def cut(document: dict[str, Any], operations: int) -> dict[str, Any]:
    """Keep some operations from all over a document, and all that they may refer to."""
    all_of_them = [
        (path, method) for path, item in document["paths"].items() for method in METHODS
        if method in item
    ]  # fmt: skip
    step = max(1, len(all_of_them) // operations)
    paths: dict[str, dict[str, Any]] = {}
    for path, method in all_of_them[::step][:operations]:
        paths.setdefault(path, {})[method] = document["paths"][path][method]
    return {**document, "paths": paths, "servers": []}


def _example(document: dict[str, Any], operation: dict[str, Any]) -> tuple[int, Any]:
    """The first success that an operation declares, with its example; 404 without one."""

    def resolved(node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            found: Any = document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    for status, response in operation.get("responses", {}).items():
        media = resolved(response).get("content", {}).get("application/json", {})
        for example in media.get("examples", {}).values():
            if status.startswith("2"):
                return int(status), resolved(example).get("value")
    return 404, {"message": "Not Found", "documentation_url": "", "status": "404"}


def stub(document: dict[str, Any]) -> Starlette:
    """Make an application that answers each operation of a document with its example."""

    def answering(status: int, body: Any) -> Callable[[Request], Awaitable[Response]]:
        async def answer(_: Request) -> Response:
            return JSONResponse(body, status)

        return answer

    async def publish(_: Request) -> Response:
        return JSONResponse(document)

    routes = [Route("/openapi.json", publish)]
    for path, item in document["paths"].items():
        place = re.sub(
            r"\{([^{}]*)\}", lambda name: f"{{p_{re.sub('[^a-z]', '_', name[1])}}}", path
        )
        for method, operation in item.items():
            answer = answering(*_example(document, operation))
            routes.append(Route(place, answer, methods=[method.upper()]))
    return Starlette(routes=routes)


def _read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(os.environ[DOCUMENT]).read_text("utf-8"))
    return found


GITHUB = Service(lambda: stub(_read()), name="github", database=False, make_document=_read)

if __name__ == "__main__":
    planted = [defect for defect in STUDY.defects if defect.id == sys.argv[1]]
    assert planted, f"no defect {sys.argv[1]}"
    with injected(planted):
        sys.argv[1:2] = []
        main()
