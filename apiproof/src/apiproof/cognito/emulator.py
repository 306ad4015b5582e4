"""`Cognito`: one user pool with its app client, started and stopped, and what tests need of it."""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from botocore.config import Config
from moto.cognitoidp.models import UserStatus

from apiproof.cognito import botocore_hook, factors
from apiproof.cognito.backend import Backend
from apiproof.cognito.context import CognitoClock, Handler, Outbox
from apiproof.cognito.keys import PoolKeys
from apiproof.cognito.messages import send_code
from apiproof.cognito.operations.base import secret_hash
from apiproof.cognito.outages import Outages
from apiproof.cognito.server import LocalServer
from apiproof.cognito.settings import ISSUER_IS_ENDPOINT, PoolSettings
from apiproof.cognito.state import StateFile
from apiproof.cognito.tokens import Tokens, issue_tokens
from apiproof.cognito.users import NewUser


class Cognito:
    """A user pool that behaves like Cognito's.

    Use it as a context manager, or call `stop()`. Several may run at once in one process.
    """

    def __init__(
        self,
        settings: PoolSettings,
        *,
        http: bool,
        port: int = 0,
        host: str = "127.0.0.1",
        state: Path | None = None,
    ) -> None:
        self.settings = settings
        self._http = http
        self._backend = backend = Backend(settings.region, hourly_limits=settings.hourly_limits)
        self._context = backend.context
        self._state = StateFile(state, backend) if state is not None else None
        try:
            restored = self._state is not None and self._state.load()
            if not restored or not self._has_client():
                self._create(settings)
            keep = self._state.save if self._state is not None else None
            self._server = LocalServer(backend, port, calls=http, host=host, keep=keep)
        except BaseException:
            self._close_state(keep=False)
            raise
        self._context.base_url = self._server.url
        self._pool = next(iter(backend.user_pools.values()))
        self._context.region = self._pool.region  # that of the state file wins
        self._client = next(iter(self._pool.clients.values()))
        if settings.issuer is not None:
            own = settings.issuer == ISSUER_IS_ENDPOINT
            self._context.issuer = self._server.url if own else settings.issuer.rstrip("/")
        self.save()
        if not http:
            botocore_hook.activate(backend)

    def _has_client(self) -> bool:
        pools = tuple(self._backend.user_pools.values())
        return bool(pools and pools[0].clients)

    def _create(self, settings: PoolSettings) -> None:
        parameters = settings.pool_parameters()
        pool = self._backend.create_user_pool(parameters.pop("PoolName"), parameters)
        if settings.user_pool_id:
            del self._backend.user_pools[pool.id]
            pool.rename(settings.user_pool_id)
            self._backend.user_pools[pool.id] = pool
        parameters = settings.client_parameters()
        secret = parameters.pop("GenerateSecret")
        client = self._backend.create_user_pool_client(pool.id, secret, parameters)
        if settings.client_id:
            del pool.clients[client.id]
            client.id = settings.client_id
            pool.clients[client.id] = client

    def save(self) -> None:
        """Write the state file now, if there is one; every call over HTTP does."""
        if self._state is not None:
            self._state.save()

    def _close_state(self, *, keep: bool) -> None:
        if self._state is not None:
            self._state.close(keep=keep)

    @classmethod
    def start(
        cls,
        settings: PoolSettings | None = None,
        *,
        http: bool = False,
        port: int = 0,
        host: str = "127.0.0.1",
        state: Path | None = None,
    ) -> "Cognito":
        """Start a pool.

        Args:
            settings: what it is like; the defaults suit a plain username pool.
            http: False answers the boto3 clients of this process; True leaves botocore alone, and
                any AWS SDK talks to `endpoint_url`.
            port: where to listen with `http`; 0 for any free port.
            host: the address to listen at; 0.0.0.0 for all of this machine.
            state: a file that keeps everything: read now, written by every call over HTTP. What
                is in it wins over `settings`.

        Raises:
            HostUnusable: this machine has no such address.
            PortTaken: another program listens on `port`.
            StateUnusable: the file is broken, or in use by another emulator.
        """
        settings = settings or PoolSettings()
        return cls(settings, http=http, port=port, host=host, state=state)

    def stop(self) -> None:
        """Stop answering; the pool is gone, or in the state file."""
        if not self._http:
            botocore_hook.deactivate(self._backend)
        self._server.stop()
        try:
            self._close_state(keep=True)
        finally:
            self._backend.release()

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
        return self._context.region

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
        """The app client's secret; empty where it has none."""
        return self._client.secret if self._client.generate_secret else ""

    @property
    def client_kind(self) -> str:
        """Whether the app client is confidential or public (RFC 6749, section 2.1)."""
        return "confidential" if self._client.generate_secret else "public, without a secret"

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
        return self._context.clock

    @property
    def outbox(self) -> Outbox:
        """What it has sent."""
        return self._context.outbox

    @property
    def outages(self) -> Outages:
        """Trouble to come."""
        return self._context.outages

    @property
    def keys(self) -> PoolKeys:
        """The pool's signing keys."""
        return self._pool.keys

    @property
    def triggers(self) -> dict[str, Handler]:
        """All Lambda triggers by their names in LambdaConfig, e.g. `triggers["PreSignUp"] = f`.

        A handler takes the event and a context that is None, and returns the event. It runs for
        every pool of this emulator; `reset` leaves it attached.
        """
        return self._context.triggers

    @property
    def trigger(self) -> Handler | None:
        """The Pre Token Generation V2 handler, or None; `reset` leaves it alone."""
        return self._context.triggers.get("PreTokenGeneration")

    @trigger.setter
    def trigger(self, handler: Handler | None) -> None:
        if handler is None:
            self._context.triggers.pop("PreTokenGeneration", None)
        else:
            self._context.triggers["PreTokenGeneration"] = handler

    def reset(self) -> None:
        """Forget users, groups, tokens, codes, messages, outages and the moved clock.

        Pool, client, keys and trigger stay.
        """
        self._backend.reset()

    # What tests call

    def client(self, config: Config | None = None) -> Any:
        """Make a boto3 client that talks to this emulator and doesn't retry.

        Args:
            config: changes retries, time-outs and the like.
        """
        client = botocore_hook.make_client(self.region, self.endpoint_url, config)
        if not self._http:
            botocore_hook.route_to(client, self._backend)
        return client

    def attach(self, client: Any) -> None:
        """Have a boto3 client answered that was made before the first emulator started."""
        botocore_hook.attach(client)

    def secret_hash(self, username: str) -> str:
        """Compute the SECRET_HASH for a username."""
        return secret_hash(self.client_id, self.client_secret, username)

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
        new = NewUser(username, password, {"email": email})
        with self._context.lock:
            user = pool.create_user(new, UserStatus.UNCONFIRMED)
            if confirmed:
                user.status = UserStatus.CONFIRMED
                user.set_verified("email", verified=True)
            else:
                send_code(pool, user, "SignUp", "email", client_id=self.client_id)
            for name in groups:
                pool.join(user, name)
        return str(user.id)

    def add_user(
        self, username: str, password: str, attributes: dict[str, str], *, temporary: bool = False
    ) -> None:
        """Put a user with any attributes into the pool, as an administrator would.

        Args:
            username: as in AdminCreateUser.
            password: by the pool's policy.
            attributes: by name, verified flags included.
            temporary: whether the password has to be changed at the first sign-in.

        Raises:
            CognitoError: as AdminCreateUser would.
        """
        status = UserStatus.FORCE_CHANGE_PASSWORD if temporary else UserStatus.CONFIRMED
        with self._context.lock:
            self._pool.create_user(NewUser(username, password, attributes), status)

    def add_to_group(self, username: str, group: str) -> None:
        """Put a user into a group, made where missing."""
        with self._context.lock:
            self._pool.join(self._pool.get(username), group)

    def set_up_app(self, username: str) -> None:
        """Give a user an authenticator app, whose code every sign-in asks for.

        Raises:
            UserNotFound: no such user.
        """
        with self._context.lock:
            factors.require_app(self._pool, self._pool.get(username))

    def app_code(self, username: str) -> str:
        """Return what a user's authenticator app shows now; empty where there is none."""
        with self._context.lock:
            user = self._pool.find(username)
            return factors.app_code(user, self.clock.now()) if user else ""

    def sub_of(self, username: str) -> str:
        """Return a user's `sub`.

        Raises:
            UserNotFound: no such user.
        """
        with self._context.lock:
            return str(self._pool.get(username).id)

    def is_confirmed(self, username: str) -> bool:
        """Whether a user who signed up was confirmed.

        Raises:
            UserNotFound: no such user.
        """
        with self._context.lock:
            return bool(self._pool.get(username).status != UserStatus.UNCONFIRMED)

    def issue_tokens(
        self, username: str, /, scopes: Iterable[str] | None = None, **claims: Any
    ) -> Tokens:
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
        with self._context.lock:
            session = self._pool.sessions.begin(
                self._pool.get(username), self._client.id, self._client.lifetime("RefreshToken")
            )
            return issue_tokens(
                self._pool,
                session,
                "TokenGeneration_Authentication",
                scopes=None if scopes is None else list(scopes),
                claims=claims,
            )
