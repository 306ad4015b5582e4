"""Schemathesis against any running API: credentials and access checks from an identities file.

No service and no environment are needed: `APIPROOF_IDENTITIES` names the file, and the document is
the one that Schemathesis has loaded.
"""

import functools
from pathlib import Path
from typing import Any

import schemathesis

from apiproof.access import Probe
from apiproof.access.requirements import SecurityModel
from apiproof.access.users_file import FileUsers, read_identities
from apiproof.fuzzing.access_checks import SuccessProbe
from apiproof.fuzzing.authentication import put_into
from apiproof.fuzzing.checks import install_checks, install_final_probe
from apiproof.fuzzing.existing_objects import ExistingObjects
from apiproof.fuzzing.unstated_rules import install_failure_filter
from apiproof.http.client import HttpClient
from apiproof.jwt import NotApplicable, RequestAuth
from apiproof.openapi.document import Operation

IDENTITIES_VARIABLE = "APIPROOF_IDENTITIES"


class FirstUserOfFile:
    """Sends every request that asks for a credential as the first user who has one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._schema: Any = None
        self._user_source: FileUsers | None = None
        self._client: HttpClient | None = None

    def bind(self, schema: Any) -> None:
        """Learn which API is tested."""
        if self._schema is None:
            self._schema = schema
            self._client = HttpClient(schema.get_base_url())
            self._user_source = read_identities(self._path, self._client)

    @property
    def document(self) -> dict[str, Any]:
        """The document of the API that was met."""
        return dict(self._schema.raw_schema)

    def build(self) -> Probe:
        """Return an access probe of the API."""
        assert self._user_source is not None  # noqa: S101  # a response came first
        assert self._client is not None  # noqa: S101  # likewise
        return Probe(self._schema.raw_schema, self._user_source, self._client)

    def auth(self, label: str) -> RequestAuth | None:
        """Return the credential for an operation; None where it asks for none."""
        security = SecurityModel(self._schema.raw_schema)
        operation = next((item for item in security.operations if item.label == label), None)
        if operation is None or self._user_source is None:
            return None
        for user in self._user_source.users():
            for alternative in security.alternatives[operation.security]:
                auth = RequestAuth()
                try:
                    for use in alternative:
                        credential = self._user_source.credential(user, use.scheme, use.scopes)
                        auth = auth.merged_with(use.scheme.present(credential))
                except NotApplicable:
                    continue
                return auth
        return None


class _OneUser:
    """All requests are the first user's, whatever the credential is."""

    def __call__(self, _operation: Operation) -> str:
        return ""

    def owner_of(self, *_holders: object) -> str:
        return "the first user"


def install_identities(path: Path) -> None:
    """Register authentication and the access checks with Schemathesis.

    Args:
        path: A Web Fuzzing Commons auth document, or a ready file.

    Raises:
        UsersUnreadable: It is neither.
    """
    user = FirstUserOfFile(path)

    @schemathesis.auth(refresh_interval=None)
    class Given:
        """Injects the first user's credential."""

        def get(self, _case: Any, context: Any) -> RequestAuth | None:
            user.bind(context.operation.schema)
            return user.auth(context.operation.label)

        def set(self, case: Any, data: RequestAuth, _context: Any) -> None:
            put_into(case, data)

    @functools.cache
    def objects() -> ExistingObjects:
        return ExistingObjects(user.document, _OneUser())

    @schemathesis.hook
    def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
        user.bind(case.operation.schema)
        objects().apply(case)

    @schemathesis.hook
    def after_call(_context: Any, case: Any, response: Any) -> None:
        objects().notice(case, response)

    install_failure_filter()
    success_probe = SuccessProbe(user.build, user)
    install_checks(success_probe)
    install_final_probe(success_probe)
