"""`Cognito`: one user pool with its app client, started and stopped, and everything around it.

The public face of the package; what it does is done by the modules it puts together.
"""

from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from botocore.config import Config
from moto.cognitoidp.models import UserStatus

from apiproof.cognito import appclient, inprocess, sdk
from apiproof.cognito.clock import CognitoClock
from apiproof.cognito.keys import PoolKeys
from apiproof.cognito.minting import Tokens, mint
from apiproof.cognito.outages import Outages
from apiproof.cognito.outbox import Outbox, Purpose
from apiproof.cognito.registration import Applicant, register
from apiproof.cognito.server import LoopbackServer
from apiproof.cognito.service import CognitoService
from apiproof.cognito.settings import ISSUER_IS_ENDPOINT, PoolSettings
from apiproof.cognito.trigger import Handler


class Cognito:
    """A user pool that behaves like Cognito's.

    Use it as a context manager, or call `stop()`. Several may run at once in one process.
    """

    def __init__(self, settings: PoolSettings, *, http: bool, port: int) -> None:
        self.settings = settings
        self._service = CognitoService(settings.region, hourly_limits=settings.hourly_limits)
        backend = self._service.backend
        parameters = settings.pool_parameters()
        self._pool = backend.create_user_pool(parameters.pop("PoolName"), parameters)
        parameters = settings.client_parameters()
        secret = parameters.pop("GenerateSecret")
        self._client = backend.create_user_pool_client(self._pool.id, secret, parameters)
        self._server = LoopbackServer(self._service, port, calls=http)
        if settings.issuer is not None:
            own = settings.issuer == ISSUER_IS_ENDPOINT
            self._service.issuer = self._server.url if own else settings.issuer.rstrip("/")
        self._http = http
        if not http:
            inprocess.activate(self._service)

    @classmethod
    def start(
        cls, settings: PoolSettings | None = None, *, http: bool = False, port: int = 0
    ) -> "Cognito":
        """Start a pool.

        Args:
            settings: what it is like; the defaults suit a plain username pool.
            http: False answers the boto3 clients of this process; True leaves botocore alone, and
                any AWS SDK talks to `endpoint_url`.
            port: where to listen with `http`; 0 for any free port.

        Raises:
            PortTaken: another program listens on `port`.
        """
        return cls(settings or PoolSettings(), http=http, port=port)

    def stop(self) -> None:
        """Stop answering; the pool is gone."""
        if not self._http:
            inprocess.deactivate(self._service)
        self._server.stop()
        for pool in self._service.backend.user_pools.values():
            pool.keys.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # Where it is

    @property
    def region(self) -> str:
        """The AWS region."""
        return self._service.region

    @property
    def user_pool_id(self) -> str:
        """The pool's id."""
        return self._pool.id

    @property
    def client_id(self) -> str:
        """The app client's id."""
        return self._client.id

    @property
    def client_secret(self) -> str:
        """The app client's secret."""
        return self._client.secret

    @property
    def issuer(self) -> str:
        """The `iss` of the pool's tokens: AWS's URL, unless the settings say otherwise."""
        return self._pool.issuer

    @property
    def endpoint_url(self) -> str | None:
        """Where AWS SDKs reach it; None in-process."""
        return self._server.url if self._http else None

    @property
    def jwks_url(self) -> str:
        """Where the pool's public keys are, in both modes a real URL on this machine."""
        return f"{self._server.url}/{self._pool.id}/.well-known/jwks.json"

    # What tests look at and change

    @property
    def clock(self) -> CognitoClock:
        """The time it lives in."""
        return self._service.clock

    @property
    def outbox(self) -> Outbox:
        """What it has sent."""
        return self._service.outbox

    @property
    def outages(self) -> Outages:
        """Trouble to come."""
        return self._service.outages

    @property
    def keys(self) -> PoolKeys:
        """The pool's signing keys."""
        return self._pool.keys

    @property
    def trigger(self) -> Handler | None:
        """The Pre Token Generation V2 handler, or None; `reset` leaves it alone."""
        return self._service.trigger

    @trigger.setter
    def trigger(self, handler: Handler | None) -> None:
        self._service.trigger = handler

    def reset(self) -> None:
        """Forget users, groups, tokens, codes, messages, outages and the moved clock.

        Pool, client, keys and trigger stay.
        """
        self._service.reset()

    # What tests call

    def client(self, config: Config | None = None) -> Any:
        """Make a boto3 client that talks to this stand-in and doesn't retry.

        Args:
            config: changes retries, time-outs and the like.
        """
        client = sdk.make_client(self.region, self.endpoint_url, config)
        if not self._http:
            inprocess.address(client, self._service)
        return client

    def wire(self, client: Any) -> None:
        """Have a boto3 client answered that was made before the first stand-in started."""
        inprocess.wire(client)

    def secret_hash(self, username: str) -> str:
        """Compute the SECRET_HASH for a username."""
        return appclient.secret_hash(self.client_id, self.client_secret, username)

    def create_user(
        self,
        username: str,
        email: str,
        password: str,
        *,
        confirmed: bool = True,
        groups: Iterable[str] = (),
    ) -> str:
        """Put a user into the pool, by the rules of sign-up but without its calls.

        Args:
            username: as in SignUp.
            email: verified if `confirmed`.
            password: by the pool's policy.
            confirmed: False leaves the user UNCONFIRMED, with a code in the outbox.
            groups: made where missing.

        Returns:
            the user's `sub`.

        Raises:
            UsernameExists: the username is taken.
            ParameterInvalid: the email is malformed.
            PasswordInvalid: the password breaks the policy.
        """
        pool = self._pool
        applicant = Applicant(username, password, [{"Name": "email", "Value": email}])
        with self._service.lock:
            user = register(pool, applicant, UserStatus.UNCONFIRMED)
            if confirmed:
                user.status = UserStatus.CONFIRMED
                user.set_verified("email", verified=True)
            else:
                pool.send_code(user, Purpose.SIGN_UP, "email")
            for name in groups:
                pool.join(user, name)
        return str(user.id)

    def mint(self, username: str, /, scopes: Iterable[str] | None = None, **claims: Any) -> Tokens:
        """Sign a user in without a password.

        Args:
            username: a user of the pool.
            scopes: the access token's scopes besides `aws.cognito.signin.user.admin`; None leaves
                them to the trigger.
            **claims: override claims of the access token, and of the id token where it has them; a
                value of None takes a claim out.

        Raises:
            UserNotFound: no such user.
            LambdaRefused: the trigger raised.
        """
        with self._service.lock:
            session = self._pool.sessions.begin(self._pool.get(username), self._client)
            return mint(
                self._pool,
                session,
                "TokenGeneration_Authentication",
                scopes=None if scopes is None else list(scopes),
                claims=claims,
            )
