"""One call to Cognito: read, checked, handed to the method of its name, answered.

moto dispatches a call to the method named after its operation and serializes what that returns;
each group of operations is a class here that adds or replaces such methods. The module knows no
operation.
"""

import json
from typing import TYPE_CHECKING, Any

from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.request import Request
from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from werkzeug.exceptions import HTTPException

from apiproof.cognito import constraints
from apiproof.cognito.appclient import AppClient
from apiproof.cognito.errors import CognitoRefusal, NotAuthorized, UserNotFound
from apiproof.cognito.pool import Pool
from apiproof.cognito.users import Session, User

if TYPE_CHECKING:
    from apiproof.cognito.backend import Backend
    from apiproof.cognito.service import CognitoService


class Unmodelled(CognitoRefusal):
    """A refusal that is not in botocore's model, so that moto's serializer would not know it."""

    status = 400

    def answer(self) -> tuple[int, dict[str, str], str]:
        """Give status, headers and body as the AWS JSON protocol writes errors."""
        body = json.dumps({"__type": self.code, "message": self.message})
        return self.status, {"x-amzn-errortype": self.code}, body


class OperationMissing(Unmodelled):
    """The stand-in can't do this; the real service can, or there is no such operation."""

    code = "NotSupportedByStandIn"
    status = 501

    def __init__(self, operation: str) -> None:
        super().__init__(f"This stand-in for Cognito does not do {operation}: see SUPPORT.md.")


class BodyUnreadable(Unmodelled):
    """The body is no JSON object, which no SDK sends."""

    code = "SerializationException"
    message = "The body is not a JSON object."


class Call(CognitoIdpResponse):
    """moto's Cognito responses, bound to one stand-in."""

    def __init__(self, service: "CognitoService") -> None:
        super().__init__()
        self.service = service
        self.given: dict[str, Any] = {}

    @property
    def backend(self) -> "Backend":
        """The stand-in's backend, whatever region a request claims."""
        return self.service.backend

    def _get_region_agnostic_backend(self) -> "Backend":  # type: ignore[override]  # same methods
        return self.service.backend

    def answer(self, request: Request) -> tuple[int, dict[str, str], str]:
        """Answer the call: status, headers, body."""
        try:
            self.setup_class(request)
            result = self._act()
        except Unmodelled as refusal:
            return refusal.answer()
        except CognitoRefusal as refusal:
            result = ActionResult(refusal)
        except HTTPException as refusal:
            # moto's own refusals in operations that are moto's own.
            return refusal.code or 400, dict(refusal.get_headers()), str(refusal.description)
        except UnicodeDecodeError:
            return BodyUnreadable().answer()
        status, headers, body = self.serialized(result)
        return status, headers, str(body) or "{}"

    def _act(self) -> ActionResult:
        operation = self._get_action()
        method = getattr(self, camelcase_to_underscores(operation), None)
        if operation not in constraints.operations() or method is None:
            raise OperationMissing(operation)
        self.given = self._read()
        constraints.check(operation, self.given)
        result = method()
        return result if isinstance(result, ActionResult) else ActionResult(result)

    def _read(self) -> dict[str, Any]:
        try:
            given = json.loads(self.body or "{}")
        except ValueError as error:
            raise BodyUnreadable from error
        if not isinstance(given, dict):
            raise BodyUnreadable
        return given

    # What most operations begin with

    def pool_and_client(self) -> tuple[Pool, AppClient]:
        """Find the app client of the call and its pool."""
        return self.backend.client(self.given["ClientId"])

    def pool(self) -> Pool:
        """Find the pool of the call."""
        return self.backend.pool(self.given["UserPoolId"])

    def pool_and_user(self) -> tuple[Pool, User]:
        """Find pool and user of an administrator's call."""
        pool = self.pool()
        return pool, pool.get(self.given["Username"])

    def bearer(self) -> tuple[Pool, User]:
        """Find pool and user of the access token of the call."""
        session = self.session()
        return self.backend.pool(session.user.user_pool_id), session.user

    def session(self) -> Session:
        """Find the session of the access token of the call."""
        token = self.given["AccessToken"]
        for pool in self.backend.user_pools.values():
            if pool.sessions.issued(token) is not None:
                return pool.sessions.authorize(token)
        raise NotAuthorized("Invalid Access Token")

    def hashed_user(self) -> tuple[Pool, AppClient, User | None]:
        """Find client and user of the call, after checking its SecretHash."""
        pool, client = self.pool_and_client()
        client.require_secret_hash(self.given.get("SecretHash"), self.given["Username"])
        user = pool.find(self.given["Username"])
        if user is None and not client.hides_users:
            raise UserNotFound("Username/client id combination not found.")
        return pool, client, user

    def count(self, user: User) -> None:
        """Count the call against the user's hourly limit."""
        if self.service.hourly_limits:
            user.limits.count(self._get_action(), self.service.clock.now())
