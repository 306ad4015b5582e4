"""The challenges of sign-ins under way: each of one user, app client and name, and used once."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apiproof.cognito.app_client import AppClient
from apiproof.cognito.context import EmulatorContext
from apiproof.cognito.errors import NotAuthorized, ParameterInvalid
from apiproof.cognito.pool import Pool
from apiproof.cognito.srp import SrpServer
from apiproof.cognito.users import User


@dataclass(eq=False)
class SignInAttempt:
    """Who is signing in, and how far they have come.

    Attributes:
        pool: the user pool.
        client: the app client.
        username: as typed in.
        user: None where nobody has that name and the client doesn't tell.
        metadata: the ClientMetadata of the newest answer to a challenge, for triggers; that of
            InitiateAuth reaches PreAuthentication and UserMigration alone, as validation data (API
            reference, InitiateAuth).
        custom: the answered challenges of a CUSTOM_AUTH flow, as triggers get them; None in any
            other flow.
        srp_a: the client's public value in a CUSTOM_AUTH flow that begins with SRP.
        source: the trigger source of the tokens at the end.
        device_key: of the device that signs in, if it named itself.
        device_proven: whether that device has proven itself.
    """

    pool: Pool
    client: AppClient
    username: str
    user: User | None
    metadata: dict[str, str] = field(default_factory=dict)
    custom: list[dict[str, Any]] | None = None
    srp_a: str | None = None
    source: str = "TokenGeneration_Authentication"
    device_key: str | None = None
    device_proven: bool = False


@dataclass(eq=False)
class Challenge:
    """A question to the one who signs in.

    Attributes:
        session: names it.
        name: e.g. SOFTWARE_TOKEN_MFA.
        attempt: the sign-in it belongs to.
        expires_at: until when it may be answered (`AuthSessionValidity`).
        srp: the run of SRP to be proven.
        code: the code sent by SMS or email.
        attribute: where the code was sent.
        first_factor: whether the code alone signs in (`EMAIL_OTP` and `SMS_OTP` of USER_AUTH).
        choices: what may be chosen.
        private: what only the trigger that verifies a custom challenge may see.
        metadata: the `challengeMetadata` of a custom challenge.
        secret: the secret of an authenticator app that is being set up.
        verified: whether that app has shown a right code.
        answered: whether it has been used up.
    """

    session: str
    name: str
    attempt: SignInAttempt
    expires_at: datetime
    srp: SrpServer | None = None
    code: str | None = None
    attribute: str | None = None
    first_factor: bool = False
    choices: tuple[str, ...] = ()
    private: dict[str, Any] = field(default_factory=dict)
    metadata: str | None = None
    secret: str | None = None
    verified: bool = False
    answered: bool = False


class ChallengeStore:
    """All challenges of one emulator, answered or not."""

    def __init__(self, context: EmulatorContext) -> None:
        self._context = context
        self._by_session: dict[str, Challenge] = {}

    def create(self, name: str, attempt: SignInAttempt, **details: Any) -> Challenge:
        """Make a challenge.

        Args:
            name: e.g. SOFTWARE_TOKEN_MFA.
            attempt: the sign-in it belongs to.
            **details: the other attributes of `Challenge`.
        """
        expires_at = self._context.clock.now() + attempt.client.challenge_lifetime
        challenge = Challenge(self._context.new_id(), name, attempt, expires_at, **details)
        self._by_session[challenge.session] = challenge
        if challenge.srp is not None:
            # Clients answer PASSWORD_VERIFIER with the secret block, often without the session.
            self._by_session[challenge.srp.secret_block] = challenge
        return challenge

    def find(self, session: str | None, name: str) -> Challenge:
        """Find a challenge that may be answered now.

        Args:
            session: its `Session`, or the secret block of SRP.
            name: which kind of challenge the caller answers.

        Raises:
            NotAuthorized: it is unknown, of another kind, too old, or was answered before.
            ParameterInvalid: no session was given.
        """
        if not session:
            raise ParameterInvalid("Missing required parameter Session")
        challenge = self._by_session.get(session)
        if challenge is None or challenge.name != name:
            raise NotAuthorized("Invalid session for the user.")
        if challenge.answered:
            raise NotAuthorized("Invalid session for the user, session can only be used once.")
        if self._context.clock.now() >= challenge.expires_at:
            raise NotAuthorized("Invalid session for the user, session is expired.")
        return challenge

    def of_user(self, session: str, name: str, user: User | None) -> Challenge:
        """Find a challenge of a user; raises as `find`, for one of another user too."""
        challenge = self.find(session, name)
        if user is None or challenge.attempt.user is not user or user.deleted:
            raise NotAuthorized("Invalid session for the user.")
        return challenge

    def clear(self) -> None:
        """Forget everything."""
        self._by_session.clear()
