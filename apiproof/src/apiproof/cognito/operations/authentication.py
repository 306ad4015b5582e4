"""The steps that all sign-ins share: passwords, SRP, second factors, custom challenges, tokens."""

import json
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult

from apiproof.cognito import triggers
from apiproof.cognito.app_client import AppClient
from apiproof.cognito.challenges import Challenge, ChallengeStore, SignInAttempt
from apiproof.cognito.devices import Device
from apiproof.cognito.errors import (
    LambdaAnswerInvalid,
    NotAuthorized,
    ParameterInvalid,
    PasswordResetRequired,
    UserNotConfirmed,
    UserNotFound,
)
from apiproof.cognito.factors import EMAIL, SMS, TOTP, mfa_factors, mfa_methods
from apiproof.cognito.messages import Delivery, masked, send, simulated_delivery
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.pool import Pool
from apiproof.cognito.srp import SrpServer
from apiproof.cognito.users import User, random_code


def required(parameters: dict[str, Any], name: str) -> str:
    """Give a parameter of a flow or an answer.

    Raises:
        ParameterInvalid: it is missing.
    """
    value = parameters.get(name)
    if not value:
        raise ParameterInvalid(f"Missing required parameter {name}")
    return str(value)


class Authentication(Operation):
    """What a sign-in goes through after its first call."""

    @property
    def _challenges(self) -> ChallengeStore:
        """The challenges of sign-ins under way."""
        return self.backend.challenges

    def _require_flow(self, client: AppClient, flow: str) -> None:
        """Refuse a flow that is off; the sign-in page asks no client for a flow."""
        client.require_flow(flow)

    def _complete(self, attempt: SignInAttempt, user: User) -> ActionResult:
        """Finish a sign-in: the only place where one becomes tokens, and has a device at last."""
        device = None
        if attempt.pool.devices.are_tracked and attempt.device_key is None:
            device = user.devices.create(self.context, attempt.pool.region)
            attempt.device_key = device.key
        answer = self.backend.log_in(attempt, user)
        if device is not None:
            answer["AuthenticationResult"]["NewDeviceMetadata"] = {
                "DeviceKey": device.key,
                "DeviceGroupKey": device.group_key,
            }
        return ActionResult(answer)

    def _attempt(self, pool: Pool, client: AppClient, username: str) -> SignInAttempt:
        """Begin a sign-in.

        Raises:
            UserNotFound: nobody has that name, and the client tells so.
        """
        user = pool.find(username)
        if user is None and not client.prevents_user_existence_errors:
            raise UserNotFound
        return SignInAttempt(pool, client, username, user)

    def _challenge(
        self,
        name: str,
        attempt: SignInAttempt,
        parameters: dict[str, Any] | None = None,
        **details: Any,
    ) -> ActionResult:
        """Ask the next question; `details` are attributes of `Challenge`."""
        challenge = self._challenges.create(name, attempt, **details)
        answer = {
            "ChallengeName": name,
            "ChallengeParameters": parameters or {},
            "Session": challenge.session,
        }
        if name == "SELECT_CHALLENGE":
            answer["AvailableChallenges"] = list(challenge.choices)
        elif challenge.first_factor:
            answer["AvailableChallenges"] = [name]
        return ActionResult(answer)

    # The first factor

    def _password_verifier(self, attempt: SignInAttempt, srp_a: str) -> ActionResult:
        """Ask for the proof of the password."""
        pool, user = attempt.pool, attempt.user
        username = user.username if user is not None else attempt.username
        srp = SrpServer.of_password(
            pool.id, username, user.password if user is not None else None, srp_a
        )
        return self._challenge("PASSWORD_VERIFIER", attempt, srp.parameters(), srp=srp)

    def _check_password(self, attempt: SignInAttempt, password: str) -> User:
        """Compare a password; five wrong ones lock the user out for a while.

        Raises:
            NotAuthorized: it is wrong, or nobody has that name.
        """
        return self._count_attempt(attempt, lambda user: user.password == password)

    def _count_attempt(self, attempt: SignInAttempt, is_right: Callable[[User], bool]) -> User:
        user = attempt.user
        if user is None:
            raise NotAuthorized
        now = self.context.clock.now()
        user.lockout.enter(now)
        if not is_right(user):
            user.lockout.fail(now)
            raise NotAuthorized
        user.lockout.forget()
        return user

    def _check_proof(self, challenge: Challenge, responses: dict[str, str]) -> User:
        """Check the SRP signature; raises like `_check_password`."""
        signature = required(responses, "PASSWORD_CLAIM_SIGNATURE")
        timestamp = required(responses, "TIMESTAMP")
        srp = challenge.srp
        right = srp is not None and srp.proves(signature, timestamp)
        return self._count_attempt(challenge.attempt, lambda _: right)

    def _after_password(self, attempt: SignInAttempt, user: User) -> ActionResult:
        """Go on once the password has been proven."""
        self._check_status(user)
        if user.is_status("FORCE_CHANGE_PASSWORD"):
            self._check_temporary_password(attempt.pool, user)
            return self._challenge(
                "NEW_PASSWORD_REQUIRED", attempt, self._new_password_parameters(attempt, user)
            )
        return self._second_factor(attempt, user)

    @staticmethod
    def _check_status(user: User) -> None:
        if not user.enabled:
            raise NotAuthorized("User is disabled.")
        if user.is_status("UNCONFIRMED"):
            raise UserNotConfirmed
        if user.is_status("RESET_REQUIRED"):
            raise PasswordResetRequired

    def _check_temporary_password(self, pool: Pool, user: User) -> None:
        if user.password_set_at is None:
            return
        if self.context.clock.now() >= user.password_set_at + pool.temporary_password_lifetime:
            raise NotAuthorized(
                "Temporary password has expired and must be reset by an administrator."
            )

    @staticmethod
    def _new_password_parameters(attempt: SignInAttempt, user: User) -> dict[str, str]:
        attributes = {name: value for name, value in user.attribute_lookup.items() if name != "sub"}
        missing = [
            f"userAttributes.{name}"
            for name in attempt.pool.required_attributes
            if not user.attribute(name)
        ]
        return {
            "USER_ID_FOR_SRP": user.username,
            "userAttributes": json.dumps(attributes),
            "requiredAttributes": json.dumps(missing),
        }

    def _choose(
        self, attempt: SignInAttempt, choice: str, parameters: dict[str, str]
    ) -> ActionResult:
        """Go on with a chosen first factor; its answer may come along with the choice."""
        if choice in {"EMAIL_OTP", "SMS_OTP"}:
            if attempt.user is None:
                return self._simulate_code(attempt, choice)
            return self._ask_factor(attempt, attempt.user, choice, first_factor=True)
        if choice == "PASSWORD_SRP":
            if srp_a := parameters.get("SRP_A"):
                return self._password_verifier(attempt, srp_a)
            return self._challenge(choice, attempt)
        if password := parameters.get("PASSWORD"):
            return self._after_password(attempt, self._check_password(attempt, password))
        return self._challenge(choice, attempt)

    def _simulate_code(self, attempt: SignInAttempt, name: str) -> ActionResult:
        """Pretend to send a code to someone who isn't there."""
        attribute = "email" if name == EMAIL else "phone_number"
        details = simulated_delivery(attempt.username)
        parameters = {
            "USER_ID_FOR_SRP": attempt.username,
            "CODE_DELIVERY_DELIVERY_MEDIUM": details["DeliveryMedium"],
            "CODE_DELIVERY_DESTINATION": details["Destination"],
        }
        return self._challenge(name, attempt, parameters, attribute=attribute, first_factor=True)

    # The second factor

    def _second_factor(self, attempt: SignInAttempt, user: User) -> ActionResult:
        """Ask for a second factor where pool and user want one, else finish."""
        pool = attempt.pool
        if pool.devices.are_trusted and (device := self._unproven_device(attempt, user)):
            return self._challenge("DEVICE_SRP_AUTH", attempt, {"DEVICE_KEY": device.key})
        factors = mfa_factors(pool, user)
        if len(factors) > 1 and user.preferred_mfa_setting not in factors:
            parameters = {
                "MFAS_CAN_CHOOSE": json.dumps(factors),
                "USER_ID_FOR_SRP": user.username,
            }
            choices = tuple(factors)
            return self._challenge("SELECT_MFA_TYPE", attempt, parameters, choices=choices)
        if factors:
            preferred = user.preferred_mfa_setting
            chosen = preferred if preferred in factors else factors[0]
            return self._ask_factor(attempt, user, str(chosen))
        if pool.mfa_config == "ON":
            parameters = {
                "MFAS_CAN_SETUP": json.dumps(mfa_methods(pool)),
                "USER_ID_FOR_SRP": user.username,
            }
            return self._challenge("MFA_SETUP", attempt, parameters)
        return self._finish(attempt, user)

    def _ask_factor(
        self, attempt: SignInAttempt, user: User, name: str, *, first_factor: bool = False
    ) -> ActionResult:
        """Ask for a code of the authenticator app, or send one."""
        parameters = {"USER_ID_FOR_SRP": user.username}
        if name == TOTP:
            if user.totp_name:  # AWS CLI, example of respond-to-auth-challenge
                parameters["FRIENDLY_DEVICE_NAME"] = user.totp_name
            return self._challenge(name, attempt, parameters)
        attribute = "email" if name == EMAIL else "phone_number"
        # Codes that sign in by themselves are longer: seen on AWS by a public project (one-cgiar,
        # notes on EMAIL_OTP, September 2026), as were AvailableChallenges beside one challenge.
        code = random_code(self.context.random, 8 if first_factor else 6)
        delivery = Delivery("Authentication", attribute, code, attempt.client.id, attempt.metadata)
        send(attempt.pool, user, delivery)
        parameters |= {
            "CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL" if attribute == "email" else "SMS",
            "CODE_DELIVERY_DESTINATION": masked(attribute, user.attribute(attribute) or ""),
        }
        return self._challenge(
            name, attempt, parameters, code=code, attribute=attribute, first_factor=first_factor
        )

    def _finish(self, attempt: SignInAttempt, user: User) -> ActionResult:
        """Have a remembered device prove itself, run PostAuthentication and give tokens."""
        if device := self._unproven_device(attempt, user):
            return self._challenge("DEVICE_SRP_AUTH", attempt, {"DEVICE_KEY": device.key})
        if attempt.pool.has_trigger("PostAuthentication"):
            request = {
                "userAttributes": user.event_attributes(),
                "newDeviceUsed": attempt.pool.devices.are_tracked and attempt.device_key is None,
            } | triggers.metadata_of(attempt.metadata)
            self._trigger(attempt, "PostAuthentication", request, {})
        return self._complete(attempt, user)

    @staticmethod
    def _use_device(attempt: SignInAttempt, key: str | None) -> None:
        """Note which device signs in.

        Raises:
            ResourceNotFound: the user has no such device.
        """
        if key and attempt.user is not None and attempt.pool.devices.are_tracked:
            attempt.user.devices.find(key)
            attempt.device_key = key

    @staticmethod
    def _unproven_device(attempt: SignInAttempt, user: User) -> Device | None:
        """Give the remembered device of a sign-in, until it has proven itself."""
        if attempt.device_key is None or attempt.device_proven:
            return None
        device = user.devices.find(attempt.device_key)
        return device if device.is_remembered else None

    # Custom challenges

    def _define(self, attempt: SignInAttempt) -> ActionResult:
        """Let the DefineAuthChallenge trigger say what comes next in a CUSTOM_AUTH flow."""
        request = self._custom_request(attempt) | {"session": attempt.custom}
        empty = {"challengeName": None, "issueTokens": None, "failAuthentication": None}
        wanted = self._trigger(attempt, "DefineAuthChallenge", request, empty)
        if wanted.get("failAuthentication"):
            raise NotAuthorized
        user = attempt.user
        if wanted.get("issueTokens"):
            if user is None:
                raise NotAuthorized
            self._check_status(user)
            return self._finish(attempt, user)
        name = wanted.get("challengeName")
        if name == "PASSWORD_VERIFIER" and attempt.srp_a is not None:
            return self._password_verifier(attempt, attempt.srp_a)
        if name == "CUSTOM_CHALLENGE":
            return self._create(attempt)
        if name in {SMS, EMAIL, TOTP} and user is not None:
            return self._ask_factor(attempt, user, name)
        raise LambdaAnswerInvalid("DefineAuthChallenge names no challenge that can follow.")

    def _create(self, attempt: SignInAttempt) -> ActionResult:
        request = self._custom_request(attempt) | {
            "challengeName": "CUSTOM_CHALLENGE",
            "session": attempt.custom,
        }
        empty = {
            "publicChallengeParameters": None,
            "privateChallengeParameters": None,
            "challengeMetadata": None,
        }
        made = self._trigger(attempt, "CreateAuthChallenge", request, empty)
        username = attempt.user.username if attempt.user is not None else attempt.username
        # The name is told by the first challenge alone (measured on AWS: snapshots of
        # localstack-ext 3.8.1, June 2023).
        is_first = all(each["challengeName"] == "SRP_A" for each in attempt.custom or ())
        public = {"USERNAME": username} if is_first else {}
        public |= made.get("publicChallengeParameters") or {}
        return self._challenge(
            "CUSTOM_CHALLENGE",
            attempt,
            {name: str(value) for name, value in public.items()},
            private=made.get("privateChallengeParameters") or {},
            metadata=made.get("challengeMetadata"),
        )

    def _custom_request(self, attempt: SignInAttempt) -> dict[str, Any]:
        return self._about_user(attempt) | triggers.metadata_of(attempt.metadata)

    @staticmethod
    def _about_user(attempt: SignInAttempt) -> dict[str, Any]:
        """Tell of the user; whether there is one, where the client hides that.

        Source: developer guide, "Pre authentication Lambda trigger", `userNotFound`.
        """
        user = attempt.user
        about: dict[str, Any] = {
            "userAttributes": user.event_attributes() if user is not None else {}
        }
        hides = attempt.client.prevents_user_existence_errors
        return about | ({"userNotFound": user is None} if hides else {})

    def _trigger(
        self, attempt: SignInAttempt, name: str, request: dict[str, Any], response: dict[str, Any]
    ) -> dict[str, Any]:
        user = attempt.user
        return triggers.run(
            attempt.pool,
            name,
            f"{name}_Authentication",
            client_id=attempt.client.id,
            username=user.username if user is not None else attempt.username,
            request=request,
            response=response,
        )
