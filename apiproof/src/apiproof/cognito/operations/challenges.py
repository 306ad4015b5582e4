"""RespondToAuthChallenge and AdminRespondToAuthChallenge: how sign-ins go on."""

from moto.cognitoidp.models import UserStatus
from moto.core.responses import ActionResult

from apiproof.cognito.app_client import AppClient
from apiproof.cognito.challenges import Challenge, SignInAttempt
from apiproof.cognito.errors import CodeMismatch, NotAuthorized, ParameterInvalid
from apiproof.cognito.factors import EMAIL, TOTP, mfa_methods, redeem_totp
from apiproof.cognito.operations.authentication import Authentication, required
from apiproof.cognito.users import VERIFIABLE, User

_CODES = ("SMS_MFA", "EMAIL_OTP", "SMS_OTP", "SOFTWARE_TOKEN_MFA")


class Challenges(Authentication):
    """Answering challenges."""

    def respond_to_auth_challenge(self) -> ActionResult:
        """Answer a challenge."""
        _, client = self.pool_and_client()
        return self._respond(client)

    def admin_respond_to_auth_challenge(self) -> ActionResult:
        """Answer a challenge on a user's behalf."""
        pool = self.pool()
        found, client = self.pool_and_client()
        if found is not pool:
            raise NotAuthorized("Client does not belong to the user pool")
        return self._respond(client)

    def _respond(self, client: AppClient) -> ActionResult:
        responses = self.params.get("ChallengeResponses") or {}
        name = self.params["ChallengeName"]
        answers = {
            **dict.fromkeys(_CODES, self._code),
            "NEW_PASSWORD_REQUIRED": self._new_password,
            "PASSWORD_VERIFIER": self._verifier,
            "PASSWORD": self._answer_password,
            "PASSWORD_SRP": self._password_srp,
            "SELECT_CHALLENGE": self._select_challenge,
            "SELECT_MFA_TYPE": self._select_mfa_type,
            "MFA_SETUP": self._mfa_setup,
            "CUSTOM_CHALLENGE": self._custom_challenge,
            "DEVICE_SRP_AUTH": self._device_srp,
            "DEVICE_PASSWORD_VERIFIER": self._device_verifier,
        }
        if name not in answers:
            raise ParameterInvalid(
                f"This emulator of Cognito never asks for {name}: see SUPPORT.md."
            )
        challenge = self._challenge_of_call(client, name, responses)
        return answers[name](challenge, responses)

    def _challenge_of_call(
        self, client: AppClient, name: str, responses: dict[str, str]
    ) -> Challenge:
        """Find the challenge: it must be of this client and of the user who is named."""
        username = required(responses, "USERNAME")
        self._require_secret_hash(client, responses.get("SECRET_HASH"), username)
        session = self.params.get("Session") or responses.get("PASSWORD_CLAIM_SECRET_BLOCK")
        challenge = self._challenges.find(session, name)
        attempt = challenge.attempt
        named = attempt.pool.find(username)
        is_same = named is attempt.user if named is not None else attempt.username == username
        if attempt.client is not client or not is_same:
            raise NotAuthorized("Invalid session for the user.")
        attempt.metadata = self.params.get("ClientMetadata") or {}
        self._use_device(attempt, responses.get("DEVICE_KEY"))
        return challenge

    @staticmethod
    def _user_of(challenge: Challenge) -> User:
        user = challenge.attempt.user
        if user is None or user.deleted:
            raise NotAuthorized
        return user

    # Passwords

    def _new_password(self, challenge: Challenge, responses: dict[str, str]) -> ActionResult:
        attempt, user = challenge.attempt, self._user_of(challenge)
        pool = attempt.pool
        password = required(responses, "NEW_PASSWORD")
        prefix = "userAttributes."
        values = {
            name.removeprefix(prefix): value
            for name, value in responses.items()
            if name.startswith(prefix)
        }
        pool.check_password(password)
        pool.check_attributes(values, attempt.client)
        given = [n for n in pool.required_attributes if n in values and user.attribute(n)]
        if given:  # "can't modify a required attribute that already has a value" (API reference)
            raise NotAuthorized(f"Cannot modify an already provided {given[0]}")
        pool.take_aliases(values, user)
        missing = [
            name
            for name in pool.required_attributes
            if not (values.get(name) or user.attribute(name))
        ]
        if missing:  # captured in pmill/aws-cognito#25
            raise ParameterInvalid(f"Invalid attributes given, {' and '.join(missing)} is missing")
        user.set_password(password, self.context.clock.now(), history=pool.password_history)
        flags = {
            f"{name}_verified": "false"
            for name in VERIFIABLE
            if name in values and values[name] != user.attribute(name)
        }
        written = flags | values
        user.update_attributes([{"Name": name, "Value": written[name]} for name in written])
        user.status = UserStatus.CONFIRMED
        challenge.answered = True
        attempt.source = "TokenGeneration_NewPasswordChallenge"
        return self._second_factor(attempt, user)

    def _verifier(self, challenge: Challenge, responses: dict[str, str]) -> ActionResult:
        attempt = challenge.attempt
        required(responses, "PASSWORD_CLAIM_SIGNATURE")
        required(responses, "TIMESTAMP")
        challenge.answered = True
        if attempt.custom is None:
            return self._after_password(attempt, self._check_proof(challenge, responses))
        try:
            user = self._check_proof(challenge, responses)
        except NotAuthorized:
            return self._custom_result(challenge, right=False)
        self._check_status(user)
        return self._custom_result(challenge, right=True)

    def _answer_password(self, challenge: Challenge, responses: dict[str, str]) -> ActionResult:
        password = required(responses, "PASSWORD")
        user = self._check_password(challenge.attempt, password)
        challenge.answered = True
        return self._after_password(challenge.attempt, user)

    def _password_srp(self, challenge: Challenge, responses: dict[str, str]) -> ActionResult:
        srp_a = required(responses, "SRP_A")
        challenge.answered = True
        return self._password_verifier(challenge.attempt, srp_a)

    # Devices

    def _device_srp(self, challenge: Challenge, responses: dict[str, str]) -> ActionResult:
        attempt, user = challenge.attempt, self._user_of(challenge)
        device = user.devices.find(required(responses, "DEVICE_KEY"))
        srp = device.srp(required(responses, "SRP_A"))
        challenge.answered = True
        parameters = srp.parameters() | {"USERNAME": user.username, "DEVICE_KEY": device.key}
        return self._challenge("DEVICE_PASSWORD_VERIFIER", attempt, parameters, srp=srp)

    def _device_verifier(self, challenge: Challenge, responses: dict[str, str]) -> ActionResult:
        attempt = challenge.attempt
        challenge.answered = True
        user = self._check_proof(challenge, responses)
        device = user.devices.find(attempt.device_key or "")
        device.authenticated = self.context.clock.now()
        attempt.device_proven = True
        return self._finish(attempt, user)

    # Choices

    def _select_challenge(self, challenge: Challenge, responses: dict[str, str]) -> ActionResult:
        choice = required(responses, "ANSWER")
        if choice not in challenge.choices:
            raise ParameterInvalid(f"{choice} is not available: see AvailableChallenges.")
        challenge.answered = True
        return self._choose(challenge.attempt, choice, responses)

    def _select_mfa_type(self, challenge: Challenge, responses: dict[str, str]) -> ActionResult:
        user, choice = self._user_of(challenge), required(responses, "ANSWER")
        if choice not in challenge.choices:
            raise ParameterInvalid(f"{choice} is not available: see MFAS_CAN_CHOOSE.")
        challenge.answered = True
        return self._ask_factor(challenge.attempt, user, choice)

    # Codes

    def _code(self, challenge: Challenge, responses: dict[str, str]) -> ActionResult:
        """Check a code; a wrong one leaves the challenge to be answered."""
        user, attempt = self._user_of(challenge), challenge.attempt
        code = required(responses, f"{challenge.name}_CODE")
        if challenge.name == TOTP:
            redeem_totp(user, code, self.context.clock.now())
        else:
            self._count_code(attempt, right=code == challenge.code)
        if challenge.attribute is not None:
            attempt.pool.take_aliases({f"{challenge.attribute}_verified": "true"}, user)
            user.set_verified(challenge.attribute, verified=True)
        challenge.answered = True
        if attempt.custom is not None:
            return self._custom_result(challenge, right=True)
        if challenge.first_factor:
            self._check_status(user)
        return self._finish(attempt, user)

    def _count_code(self, attempt: SignInAttempt, *, right: bool) -> None:
        try:
            self._count_attempt(attempt, lambda _: right)
        except NotAuthorized:
            if right:
                raise
            raise CodeMismatch("Invalid code or auth state for the user.") from None

    def _mfa_setup(self, challenge: Challenge, responses: dict[str, str]) -> ActionResult:
        """Finish the setting up of an authenticator app, or begin that of codes by email."""
        user, attempt = self._user_of(challenge), challenge.attempt
        if challenge.verified:
            challenge.answered = True
            return self._finish(attempt, user)
        email = responses.get("EMAIL")
        if not email or EMAIL not in mfa_methods(attempt.pool):
            raise NotAuthorized("Invalid session for the user.")
        attempt.pool.check_attributes({"email": email}, attempt.client)
        attempt.pool.take_aliases({"email": email}, user)
        challenge.answered = True
        user.update_attributes([{"Name": "email", "Value": email}])
        user.set_verified("email", verified=False)
        user.email_mfa_enabled = True
        return self._ask_factor(attempt, user, EMAIL)

    # Custom challenges

    def _custom_challenge(self, challenge: Challenge, responses: dict[str, str]) -> ActionResult:
        answer = required(responses, "ANSWER")
        challenge.answered = True
        request = self._custom_request(challenge.attempt) | {
            "privateChallengeParameters": challenge.private,
            "challengeAnswer": answer,
        }
        response = self._trigger(
            challenge.attempt, "VerifyAuthChallengeResponse", request, {"answerCorrect": None}
        )
        return self._custom_result(challenge, right=bool(response.get("answerCorrect")))

    def _custom_result(self, challenge: Challenge, *, right: bool) -> ActionResult:
        attempt = challenge.attempt
        attempt.custom = [
            *(attempt.custom or ()),
            {
                "challengeName": challenge.name,
                "challengeResult": right,
                "challengeMetadata": challenge.metadata,
            },
        ]
        return self._define(attempt)
