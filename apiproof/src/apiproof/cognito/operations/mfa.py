"""Second factors: authenticator apps, what users prefer, and what the pool asks for."""

from typing import Any

import pyotp
from moto.core.responses import ActionResult

from apiproof.cognito.challenges import Challenge
from apiproof.cognito.errors import (
    NotAuthorized,
    ParameterInvalid,
    SettingUnsupported,
    SoftwareTokenMFANotFound,
    SoftwareTokenNotEnabled,
)
from apiproof.cognito.factors import (
    TOTP,
    enable_totp,
    first_factors,
    matches_totp,
    mfa_methods,
    set_preference,
)
from apiproof.cognito.operations.authentication import Authentication
from apiproof.cognito.pool import Pool
from apiproof.cognito.pool_rules import check_mfa_settings
from apiproof.cognito.users import User

_SHARED = ("SmsConfiguration", "SmsAuthenticationMessage")


class MultiFactor(Authentication):
    """Setting up second factors."""

    def associate_software_token(self) -> ActionResult:
        """Give the secret of an authenticator app, to a signed-in user or in an MFA_SETUP."""
        secret = pyotp.random_base32(52)
        if self.params.get("Session"):
            challenge, user = self._setup()
            self._require_totp(challenge.attempt.pool)
            challenge.answered = True
            following = self._challenges.create("MFA_SETUP", challenge.attempt, secret=secret)
            return ActionResult({"SecretCode": secret, "Session": following.session})
        pool, user = self._user_with_token()
        self._require_totp(pool)
        user.pending_totp_secret = secret
        return ActionResult({"SecretCode": secret})

    def verify_software_token(self) -> ActionResult:
        """Enable an authenticator app that shows the right code."""
        now, code = self.context.clock.now(), self.params["UserCode"]
        name = self.params.get("FriendlyDeviceName")
        if self.params.get("Session"):
            challenge, user = self._setup()
            if challenge.secret is None:
                raise SoftwareTokenMFANotFound
            if not matches_totp(challenge.secret, code, now):
                raise SoftwareTokenNotEnabled
            challenge.answered = True
            enable_totp(user, challenge.secret, name)
            following = self._challenges.create("MFA_SETUP", challenge.attempt, verified=True)
            return ActionResult({"Status": "SUCCESS", "Session": following.session})
        _, user = self._user_with_token()
        if user.pending_totp_secret is None:
            raise SoftwareTokenMFANotFound
        if not matches_totp(user.pending_totp_secret, code, now):
            raise SoftwareTokenNotEnabled
        enable_totp(user, user.pending_totp_secret, name)
        user.pending_totp_secret = None
        return ActionResult({"Status": "SUCCESS"})

    @staticmethod
    def _require_totp(pool: Pool) -> None:
        if TOTP not in mfa_methods(pool):
            raise SoftwareTokenMFANotFound(
                "Software Token MFA has not been enabled by the userPool"
            )

    def _setup(self) -> tuple[Challenge, User]:
        challenge = self._challenges.find(self.params["Session"], "MFA_SETUP")
        user = challenge.attempt.user
        if user is None or user.deleted:
            raise NotAuthorized("Invalid session for the user.")
        return challenge, user

    def _user_with_token(self) -> tuple[Pool, User]:
        if not self.params.get("AccessToken"):
            raise ParameterInvalid("Either AccessToken or Session is required.")
        return self.user_from_access_token()

    # Preferences

    def set_user_mfa_preference(self) -> ActionResult:
        """Enable, disable and prefer the caller's second factors."""
        _, user = self.user_from_access_token()
        set_preference(user, self.params, by_user=True)
        return ActionResult({})

    def admin_set_user_mfa_preference(self) -> ActionResult:
        """Enable, disable and prefer a user's second factors."""
        _, user = self.pool_and_user()
        set_preference(user, self.params, by_user=False)
        return ActionResult({})

    def get_user_auth_factors(self) -> ActionResult:
        """List what the caller may sign in with."""
        pool, user = self.user_from_access_token()
        return ActionResult(self._auth_factors(pool, user))

    def admin_get_user_auth_factors(self) -> ActionResult:
        """List what a user may sign in with."""
        return ActionResult(self._auth_factors(*self.pool_and_user()))

    @staticmethod
    def _auth_factors(pool: Pool, user: User) -> dict[str, Any]:
        factors = [factor for factor in first_factors(pool, user) if factor != "PASSWORD_SRP"]
        named = {"Username": user.username, "ConfiguredUserAuthFactors": factors}
        return named | user.mfa_settings()

    # The pool

    def set_user_pool_mfa_config(self) -> ActionResult:
        """Set which second factors the pool asks for; none without MfaConfiguration."""
        pool = self.pool()
        if self.params.get("WebAuthnConfiguration"):
            raise SettingUnsupported("WebAuthnConfiguration", "there are no passkeys")
        check_mfa_settings(pool.extended_config, self.params)
        names = ("SmsMfaConfiguration", "SoftwareTokenMfaConfiguration", "EmailMfaConfiguration")
        sms, token, email = (self.params.get(name) for name in names)
        # CreateUserPool has these settings, too: the newer ones count.
        shared = {name: (sms or {}).get(name) for name in _SHARED}
        pool.extended_config |= {name: value for name, value in shared.items() if value}
        pool.mfa_config = self.params.get("MfaConfiguration") or "OFF"
        pool.sms_mfa_config, pool.token_mfa_config, pool.email_mfa_config = sms, token, email
        return self.get_user_pool_mfa_config()

    def get_user_pool_mfa_config(self) -> ActionResult:
        """Tell which second factors the pool asks for."""
        pool = self.pool()
        answer = {
            "SmsMfaConfiguration": pool.sms_mfa_config,
            "SoftwareTokenMfaConfiguration": pool.token_mfa_config,
            "EmailMfaConfiguration": pool.email_mfa_config,
            "MfaConfiguration": pool.mfa_config,
        }
        return ActionResult({name: value for name, value in answer.items() if value is not None})
