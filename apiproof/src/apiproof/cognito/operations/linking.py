"""External identities of users, legacy MFA settings, and sign-ins under way as sessions."""

import hashlib
import json
from typing import Any

from moto.core.responses import ActionResult

from apiproof.cognito.errors import (
    AliasExists,
    ParameterInvalid,
    ResourceNotFound,
    UserNotFound,
)
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.pool import Pool
from apiproof.cognito.sessions import Session
from apiproof.cognito.users import User

_OWN = "Cognito"  # the provider of users who sign in with a password


class Linking(Operation):
    """Linking identities of other providers to users; nobody signs in with them here."""

    def admin_link_provider_for_user(self) -> ActionResult:
        """Link an identity to a user, who then has it in `identities`."""
        pool = self.pool()
        destination, source = self.params["DestinationUser"], self.params["SourceUser"]
        provider = pool.identity_providers.get(source.get("ProviderName"))
        if provider is None:
            raise ParameterInvalid("The provider of SourceUser does not exist in the user pool.")
        user, value = self._user(pool, destination), source["ProviderAttributeValue"]
        owner = self._owner(pool, provider.name, value)
        if owner is user:
            raise ParameterInvalid("SourceUser is already linked to DestinationUser")
        if owner is not None:
            raise AliasExists("SourceUser is already linked to another user.")
        identity = {
            "userId": value,
            "providerName": provider.name,
            "providerType": provider.extended_config.get("ProviderType"),
            "issuer": None,
            "primary": False,
            "dateCreated": self.context.clock.timestamp() * 1000,
        }
        _set_identities(user, [*identities(user), identity])
        return ActionResult({})

    def admin_disable_provider_for_user(self) -> ActionResult:
        """Unlink an identity; of a user's own password, make it unusable."""
        pool, named = self.pool(), self.params["User"]
        name, value = named.get("ProviderName"), named.get("ProviderAttributeValue", "")
        if name == _OWN:
            pool.get(value).password = None
            return ActionResult({})
        user = self._owner(pool, name, value)
        if user is None:
            raise UserNotFound
        kept = [
            it for it in identities(user) if (it["providerName"], it["userId"]) != (name, value)
        ]
        _set_identities(user, kept)
        return ActionResult({})

    @staticmethod
    def _user(pool: Pool, named: dict[str, str]) -> User:
        if named.get("ProviderName") != _OWN:
            raise ParameterInvalid("DestinationUser must be a user of Cognito.")
        return pool.get(named.get("ProviderAttributeValue", ""))

    @staticmethod
    def _owner(pool: Pool, provider: str | None, value: str) -> User | None:
        wanted = (provider, value)
        return next(
            (
                user
                for user in pool.users.values()
                if any((it["providerName"], it["userId"]) == wanted for it in identities(user))
            ),
            None,
        )

    # Legacy MFA settings

    def set_user_settings(self) -> ActionResult:
        """Set the old kind of MFA settings, SMS alone."""
        _, user = self.user_from_access_token()
        return self._set_sms(user)

    def admin_set_user_settings(self) -> ActionResult:
        """Set a user's old kind of MFA settings, SMS alone."""
        _, user = self.pool_and_user()
        return self._set_sms(user)

    def _set_sms(self, user: User) -> ActionResult:
        wanted = [option.get("DeliveryMedium") for option in self.params["MFAOptions"]]
        if "EMAIL" in wanted:
            raise ParameterInvalid("MFAOptions knows SMS alone: use SetUserMFAPreference.")
        if wanted and not user.attribute("phone_number"):
            raise ParameterInvalid("User does not have delivery config set to turn on SMS_MFA")
        user.sms_mfa_enabled = bool(wanted)
        return ActionResult({})

    def admin_delete_software_token(self) -> ActionResult:
        """Take a user's authenticator app away."""
        _, user = self.pool_and_user()
        user.totp_secret = user.pending_totp_secret = None
        user.token_verified = user.software_token_mfa_enabled = False
        if user.preferred_mfa_setting == "SOFTWARE_TOKEN_MFA":
            user.preferred_mfa_setting = None
        return ActionResult({})

    # Sign-ins

    def list_user_sessions(self) -> ActionResult:
        """List the caller's sign-ins."""
        current = self.session()
        pool, user = self.user_from_access_token()
        return self._sessions(pool, user, current)

    def admin_list_user_sessions(self) -> ActionResult:
        """List a user's sign-ins."""
        return self._sessions(*self.pool_and_user(), None)

    def revoke_user_session(self) -> ActionResult:
        """End one of the caller's sign-ins."""
        return self._revoke(*self.user_from_access_token())

    def admin_revoke_user_session(self) -> ActionResult:
        """End one of a user's sign-ins."""
        return self._revoke(*self.pool_and_user())

    @staticmethod
    def _sessions(pool: Pool, user: User, current: Session | None) -> ActionResult:
        listed = [
            {
                "SessionId": _session_id(session),
                "SessionType": "TOKEN",
                "ClientId": session.client_id,
                "CreateDate": session.signed_in_at,
                "IsCurrentSession": session is current,
            }
            for session in pool.sessions.of_user(user)
        ]
        return ActionResult({"Sessions": listed})

    def _revoke(self, pool: Pool, user: User) -> ActionResult:
        for session in pool.sessions.of_user(user):
            if _session_id(session) == self.params["SessionId"]:
                pool.sessions.end(session)
                return ActionResult({})
        raise ResourceNotFound("Session does not exist.")


def _session_id(session: Session) -> str:
    # The service model wants "tkn" and 25 letters or digits.
    return f"tkn{hashlib.sha256(session.origin_jti.encode()).hexdigest()[:25]}"


def identities(user: User) -> list[dict[str, Any]]:
    """Give the linked identities of a user."""
    found: list[dict[str, Any]] = json.loads(user.attribute("identities") or "[]")
    return found


def _set_identities(user: User, wanted: list[dict[str, Any]]) -> None:
    if wanted:
        user.update_attributes([{"Name": "identities", "Value": json.dumps(wanted)}])
    else:
        user.delete_attributes(["identities"])
