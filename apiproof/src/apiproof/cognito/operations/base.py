"""One call to Cognito: read, checked, handed to the method of its name, answered.

moto dispatches a call to the method named after its operation and serializes what that returns;
each group of operations is a class that adds or replaces such methods.
"""

import base64
import copy
import hashlib
import hmac
import json
import re
from typing import Any, cast
from urllib.parse import urlsplit

from botocore.compat import HTTPHeaders
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.exceptions import InvalidToken
from moto.core.request import Request
from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.utilities.paginator import Paginator
from werkzeug.exceptions import HTTPException

from apiproof.cognito import validation
from apiproof.cognito.app_client import AppClient
from apiproof.cognito.backend import Backend
from apiproof.cognito.context import EmulatorContext
from apiproof.cognito.errors import (
    UNSUPPORTED,
    BodyUnreadable,
    CognitoError,
    NotAuthorized,
    OperationUnsupportedHere,
    ParameterInvalid,
    ResourceNotFound,
    UnmodelledError,
    UserNotFound,
)
from apiproof.cognito.pool import Pool
from apiproof.cognito.sessions import Session
from apiproof.cognito.users import User

_TARGET = "AWSCognitoIdentityProviderService"
# The credential scope of Signature Version 4: access key, date, region, service.
_SIGNED_FOR = re.compile(r"Credential=[^,]+/\d{8}/([^/,]+)/[^/,]+/aws4_request")


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)  # botocore signs with bytes


def request_of(url: str, headers: HTTPHeaders, body: bytes | str) -> Request:
    """Make moto's request of a call to the AWS JSON protocol, with any moto from 5.1.12 on."""
    parts = urlsplit(url)
    made = Request.from_values(
        method="POST",
        base_url=f"{parts.scheme}://{parts.netloc}",
        path=parts.path,
        query_string=parts.query,
        data=body,
        headers=[
            (name, _text(value))
            for name, value in headers.items()
            if name.lower() != "transfer-encoding"  # the body has been read
        ],
    )
    return cast("Request", made)


def secret_hash(client_id: str, client_secret: str, username: str) -> str:
    """Compute the SECRET_HASH of a call (AWS developer guide, "Computing secret hash values")."""
    digest = hmac.new(client_secret.encode(), (username + client_id).encode(), hashlib.sha256)
    return base64.b64encode(digest.digest()).decode()


class OperationUnknown(UnmodelledError):
    """The X-Amz-Target header names no operation of the service, or is missing."""

    code = "UnknownOperationException"
    message = "The X-Amz-Target header names no operation of Cognito user pools."


class Parameters(dict[str, Any]):
    """The members of a request; some that an operation needs are optional in the service model."""

    def __missing__(self, name: str) -> Any:
        """Refuse the call."""
        raise ParameterInvalid(f"{name} is required.")


def _without_nulls(value: Any) -> Any:
    """Leave members out that are null: in AWS's JSON protocol they are not there."""
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


class Operation(CognitoIdpResponse):
    """One call; the groups of operations derive from it.

    Args:
        backend: holds the pools.
    """

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self._backend = backend
        self.context: EmulatorContext = backend.context
        self.operation = ""
        self.params: dict[str, Any] = {}

    @property
    def backend(self) -> Backend:
        """The emulator's backend, whatever region a request claims."""
        return self._backend

    def _get_region_agnostic_backend(self) -> Backend:  # type: ignore[override]  # same methods
        return self._backend

    def answer(self, request: Request) -> tuple[int, dict[str, str], str]:
        """Answer one call of the AWS JSON protocol: status, headers, body.

        Raises:
            AnswerLost: an outage swallows the answer, after the call has acted.
            AnswerTimedOut: an outage leaves the call unanswered; it has not acted.
        """
        outage = None
        if self.context.outages.pending:
            operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
            outage = self.context.outages.trigger(operation)
        if outage is not None and outage.code is not None:
            status, headers, body = outage.response()
        else:
            with self.context.lock:
                status, headers, body = self._answer(request)
            if outage is not None:
                outage.finish()
        return status, headers | {"x-amzn-requestid": self.context.new_id()}, body

    def _answer(self, request: Request) -> tuple[int, dict[str, str], str]:
        try:
            self.setup_class(request, request.url, request.headers)  # moto 5.1 wants all three
            result = self._dispatch_call()
        except UnmodelledError as error:
            return error.answer()
        except CognitoError as error:
            result = ActionResult(error)
        except InvalidToken:
            result = ActionResult(ParameterInvalid("The pagination token is not valid."))
        except HTTPException as error:
            # moto's own errors in operations that are moto's own.
            return error.code or 400, dict(error.get_headers()), str(error.description)
        except UnicodeDecodeError:
            return BodyUnreadable().answer()
        status, headers, body = self.serialized(result)
        return status, headers, str(body) or "{}"

    def _dispatch_call(self) -> ActionResult:
        service, _, operation = self.headers.get("X-Amz-Target", "").rpartition(".")
        if service != _TARGET or operation not in validation.operations():
            raise OperationUnknown
        method = getattr(self, camelcase_to_underscores(operation), None)
        if method is None:
            raise OperationUnsupportedHere(operation, UNSUPPORTED.get(operation, "it is new"))
        self.operation = operation
        self.params = self._read()
        validation.check_parameters(operation, self.params)
        self._require_own_region()
        result = method()
        return result if isinstance(result, ActionResult) else ActionResult(result)

    @property
    def caller_region(self) -> str | None:
        """The region that the call is signed for; None where it isn't signed."""
        found = _SIGNED_FOR.search(self.headers.get("Authorization", ""))
        return found[1] if found else None

    def _require_own_region(self) -> None:
        """Refuse a pool of another region: AWS's regions know nothing of each other."""
        pool = self._backend.user_pools.get(self.params.get("UserPoolId", ""))
        if pool is not None and self.caller_region not in {None, pool.region}:
            raise ResourceNotFound(f"User pool {pool.id} does not exist.")

    @property
    def parameters(self) -> dict[str, Any]:
        """What moto's own operations read, and keep: a copy each time."""
        return copy.deepcopy(dict(self.params))

    def _read(self) -> dict[str, Any]:
        try:
            params = json.loads(self.body or "{}")
        except (RecursionError, ValueError) as error:
            raise BodyUnreadable from error
        if not isinstance(params, dict):
            raise BodyUnreadable
        return Parameters(_without_nulls(params))

    def page(
        self, documents: list[dict[str, Any]], key: str, member: str = "NextToken"
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Give the page that the call asks for, and the token of the next one.

        Args:
            documents: of the call's pool.
            key: the member that tells one from another.
            member: the parameter that holds a token.

        Raises:
            InvalidToken: nobody gave such a token.
        """
        pages = Paginator(
            max_results=self.params.get("MaxResults"),
            max_results_default=60,
            starting_token=self.params.get(member),
            unique_attribute=key,
            param_values_to_check={"pool": self.params["UserPoolId"]},
        )
        return pages.paginate(documents)

    # What most operations begin with

    def attribute_values(self) -> dict[str, str]:
        """Give the UserAttributes of the call by name."""
        given = self.params.get("UserAttributes") or ()
        return {each["Name"]: each.get("Value") or "" for each in given}

    def pool_and_client(self) -> tuple[Pool, AppClient]:
        """Find the app client of the call and its pool."""
        return find_client(self._backend, self.params["ClientId"])

    def pool(self) -> Pool:
        """Find the pool of the call."""
        return self.backend.pool(self.params["UserPoolId"])

    def pool_and_user(self) -> tuple[Pool, User]:
        """Find pool and user of an administrator's call."""
        pool = self.pool()
        return pool, pool.get(self.params["Username"])

    def user_from_access_token(self) -> tuple[Pool, User]:
        """Find pool and user of the access token of the call."""
        session = self.session()
        return self.backend.pool(session.user.user_pool_id), session.user

    def session(self) -> Session:
        """Find the session of the access token of the call."""
        token = self.params["AccessToken"]
        for pool in self.backend.user_pools.values():
            if pool.sessions.issued(token) is not None:
                return pool.sessions.authorize(token)
        raise NotAuthorized("Invalid Access Token")

    def client_and_user(self) -> tuple[Pool, AppClient, User | None]:
        """Find client and user of the call, after checking its SecretHash."""
        pool, client = self.pool_and_client()
        self._require_secret_hash(client, self.params.get("SecretHash"), self.params["Username"])
        user = pool.find(self.params["Username"])
        if user is None and not client.prevents_user_existence_errors:
            raise UserNotFound("Username/client id combination not found.")
        return pool, client, user

    @staticmethod
    def _require_secret_hash(client: AppClient, received: str | None, *usernames: str) -> None:
        """Refuse a missing or wrong SECRET_HASH, where the client has a secret.

        Args:
            client: any of its secrets will do.
            received: the hash of the call, if any.
            usernames: the names over which it may have been computed.

        Raises:
            NotAuthorized: it is missing or wrong.
        """
        if not client.generate_secret:
            return
        if not received:
            raise NotAuthorized(
                f"Client {client.id} is configured with secret but SECRET_HASH was not received"
            )
        for secret, _ in client.secrets.values():
            for username in usernames:
                expected = secret_hash(client.id, secret, username)
                if hmac.compare_digest(expected.encode(), received.encode()):
                    return
        raise NotAuthorized(f"Unable to verify secret hash for client {client.id}")

    def count(self, user: User) -> None:
        """Count the call against the user's hourly limit."""
        if self.context.hourly_limits:
            user.quota.count(self.operation, self.context.clock.now())


def find_client(backend: Backend, client_id: str) -> tuple[Pool, AppClient]:
    """Find an app client and its pool, in whatever region.

    Raises:
        ResourceNotFound: there is none.
    """
    for pool in backend.user_pools.values():
        if client_id in pool.clients:
            return pool, pool.clients[client_id]
    raise ResourceNotFound(f"User pool client {client_id} does not exist.")
