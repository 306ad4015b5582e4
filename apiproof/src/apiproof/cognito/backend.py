"""One emulator's Cognito: moto's backend, holding pools, clients and users of the faithful kind.

One backend per emulator, kept out of moto's global ones: a `mock_aws` elsewhere in the process
neither sees nor resets it. The operations are in `operations/`; what is here is what they share,
and what moto's own operations call.
"""

from typing import Any

from moto.cognitoidp.models import (
    CognitoIdpBackend,
    CognitoIdpGroup,
    CognitoIdpIdentityProvider,
)
from moto.cognitoidp.utils import PAGINATION_MODEL
from moto.utilities.paginator import paginate

from apiproof.cognito.app_client import AppClient
from apiproof.cognito.authorization_codes import AuthorizationCodes
from apiproof.cognito.challenges import ChallengeStore, SignInAttempt
from apiproof.cognito.client_rules import check_client_settings
from apiproof.cognito.context import EmulatorContext
from apiproof.cognito.errors import (
    CognitoError,
    DuplicateProvider,
    GroupExists,
    ParameterInvalid,
    ResourceNotFound,
)
from apiproof.cognito.pool import Pool
from apiproof.cognito.pool_rules import check_pool_settings
from apiproof.cognito.provider_rules import (
    check_detail_names,
    check_mapping,
    check_provider,
    completed_details,
    default_mapping,
)
from apiproof.cognito.settings_rules import CLIENT, POOL, apply_rules
from apiproof.cognito.tokens import Tokens, issue_tokens
from apiproof.cognito.user_search import user_filter
from apiproof.cognito.users import User


def authentication_result(tokens: Tokens, *, refresh_token: bool = True) -> dict[str, Any]:
    """Give the AuthenticationResult; a refresh gets no new refresh token."""
    result = {
        "AccessToken": tokens.access_token,
        "ExpiresIn": tokens.expires_in,
        "TokenType": "Bearer",
        "IdToken": tokens.id_token,
    }
    if refresh_token:
        result["RefreshToken"] = tokens.refresh_token
    return result


class Backend(CognitoIdpBackend):
    """All pools of one emulator, and the answering of what moto asks."""

    user_pool_domains: dict[str, Any]  # by pool id and name, of `operations.domains`
    user_pools: dict[str, Pool]  # type: ignore[assignment]  # a dict of subclass instances

    def __init__(self, region: str, *, hourly_limits: bool) -> None:
        self.context = EmulatorContext(region, hourly_limits=hourly_limits)
        self.context.outbox.fold = self._fold
        super().__init__(region, self.context.account_id)
        self.challenges = ChallengeStore(self.context)
        self.authorization_codes = AuthorizationCodes(self.context.clock)

    def _fold(self, username: str) -> str:
        pools = tuple(self.user_pools.values())
        return username if any(pool.case_sensitive for pool in pools) else username.lower()

    def reset(self) -> None:
        """Forget users, tokens, codes, messages, outages and the moved clock."""
        with self.context.lock:
            for pool in self.user_pools.values():
                pool.clear()
                pool.keys.forget_withdrawn()
            self.challenges.clear()
            self.authorization_codes.clear()
            self.context.reset()

    def release(self) -> None:
        """Give the keys of all pools back."""
        for pool in self.user_pools.values():
            pool.keys.release()

    def state(self) -> dict[str, Any]:
        """Give all that a state file keeps; the caller holds the emulator's lock."""
        return {
            "user_pools": self.user_pools,
            "user_pool_domains": self.user_pool_domains,
            "challenges": self.challenges,
            "authorization_codes": self.authorization_codes,
            "context": self.context.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self.user_pools = state["user_pools"]
        self.user_pool_domains = state["user_pool_domains"]
        self.challenges = state["challenges"]
        self.authorization_codes = state["authorization_codes"]
        self.context.restore(state["context"])

    def create_user_pool(
        self, name: str, extended_config: dict[str, Any], region: str | None = None
    ) -> Pool:
        """Make a pool.

        Args:
            name: need not be its own.
            extended_config: the settings.
            region: where; None for the emulator's.

        Raises:
            CognitoError: a setting contradicts another, or is one that the emulator can't obey.
        """
        apply_rules(POOL, extended_config)
        check_pool_settings(extended_config, region or self.context.region)
        pool = Pool(self, name, extended_config, region)
        self.user_pools[pool.id] = pool
        return pool

    def delete_user_pool(self, user_pool_id: str) -> None:
        """Delete a pool.

        Raises:
            ParameterInvalid: it is protected, or has a domain.
        """
        pool = self.pool(user_pool_id)
        if pool.extended_config.get("DeletionProtection") == "ACTIVE":
            raise ParameterInvalid(
                "The user pool cannot be deleted because deletion protection is activated. "
                "Deletion protection must be inactivated first."
            )
        if pool.domain is not None:
            raise ParameterInvalid(
                "User pool cannot be deleted. It has a domain configured that should be deleted "
                "first."
            )
        super().delete_user_pool(user_pool_id)
        pool.keys.release()

    def update_user_pool(self, user_pool_id: str, extended_config: dict[str, Any]) -> None:
        """Replace a pool's settings; raises as `create_user_pool`."""
        pool = self.pool(user_pool_id)
        apply_rules(POOL, extended_config)
        after = pool.settings_after(extended_config)
        lasting = {name: after.get(name) for name in ("SmsConfiguration", "UserPoolTier")}
        check_pool_settings(lasting | extended_config, pool.region)
        pool.name = extended_config.pop("PoolName", pool.name)
        pool.update_extended_config(extended_config)

    def create_user_pool_client(
        self,
        user_pool_id: str,
        generate_secret: bool,  # noqa: FBT001 - moto's signature
        extended_config: dict[str, Any],
    ) -> AppClient:
        """Make an app client; raises as `create_user_pool`."""
        pool = self.pool(user_pool_id)
        client = self._checked_client(
            pool, extended_config, generate_secret=generate_secret, doing="creating"
        )
        pool.clients[client.id] = client
        return client

    @staticmethod
    def _checked_client(
        pool: Pool, extended_config: dict[str, Any], *, generate_secret: bool, doing: str
    ) -> AppClient:
        apply_rules(CLIENT, extended_config)
        client = AppClient(pool.id, generate_secret, extended_config)
        check_client_settings(pool, client, doing)
        now = pool.context.clock.now()
        client.extended_config = {"CreationDate": now} | client.extended_config
        client.extended_config["LastModifiedDate"] = now
        return client

    def update_user_pool_client(
        self, user_pool_id: str, client_id: str, extended_config: dict[str, Any]
    ) -> AppClient:
        """Replace an app client's settings: what is left out becomes the default again."""
        pool, client = (
            self.pool(user_pool_id),
            self.describe_user_pool_client(user_pool_id, client_id),
        )
        named = {
            "ClientName": client.extended_config.get("ClientName"),
            "CreationDate": client.extended_config["CreationDate"],
        } | extended_config
        secret = client.generate_secret
        fresh = self._checked_client(pool, named, generate_secret=secret, doing="updating")
        client.extended_config = fresh.extended_config
        client.allowed_flows = fresh.allowed_flows
        return client

    # What moto's own operations ask for: found, or missed in Cognito's words.

    def describe_user_pool_client(self, user_pool_id: str, client_id: str) -> AppClient:
        """Find an app client of a pool.

        Raises:
            ResourceNotFound: there is none.
        """
        client = self.pool(user_pool_id).clients.get(client_id)
        if client is None:
            raise ResourceNotFound(f"User pool client {client_id} does not exist.")
        return client

    def delete_user_pool_client(self, user_pool_id: str, client_id: str) -> None:
        """Delete an app client; raises as `describe_user_pool_client`."""
        self.describe_user_pool_client(user_pool_id, client_id)
        super().delete_user_pool_client(user_pool_id, client_id)

    def get_group(self, user_pool_id: str, group_name: str) -> CognitoIdpGroup:
        """Find a group.

        Raises:
            ResourceNotFound: there is none.
        """
        group = self.pool(user_pool_id).groups.get(group_name)
        if group is None:
            raise ResourceNotFound("Group not found.")
        return group

    def create_group(
        self,
        user_pool_id: str,
        group_name: str,
        description: str,
        role_arn: str,
        precedence: int,
    ) -> CognitoIdpGroup:
        """Make a group.

        Raises:
            GroupExists: there is one of that name, whatever its case where usernames have none
                (amplify-backend#1781).
        """
        pool = self.pool(user_pool_id)
        if pool.fold(group_name) in map(pool.fold, pool.groups):
            raise GroupExists
        args = user_pool_id, group_name, description, role_arn, precedence
        group: CognitoIdpGroup = super().create_group(*args)
        group.description = description  # None where it is left out, whatever moto annotates
        return group

    def delete_group(self, user_pool_id: str, group_name: str) -> None:
        """Delete a group; raises as `get_group`."""
        self.get_group(user_pool_id, group_name)
        super().delete_group(user_pool_id, group_name)

    def create_identity_provider(
        self, user_pool_id: str, name: str, extended_config: dict[str, str]
    ) -> CognitoIdpIdentityProvider:
        """Make an identity provider.

        Raises:
            DuplicateProvider: the pool has one of that name.
            ParameterInvalid: its name or a detail is wrong.
        """
        if name in self.pool(user_pool_id).identity_providers:
            raise DuplicateProvider(f"A provider with the name {name} already exists.")
        details: Any = extended_config.get("ProviderDetails") or {}
        kind = extended_config.get("ProviderType", "")
        check_provider(name, kind, details)
        settings: Any = {
            **default_mapping(kind), **extended_config,
            "ProviderDetails": self._details(user_pool_id, kind, details)
        }  # fmt: skip
        check_mapping(self.pool(user_pool_id).schema_attributes, settings)
        return super().create_identity_provider(user_pool_id, name, settings)

    def _details(self, user_pool_id: str, kind: str, details: dict[str, str]) -> dict[str, str]:
        """Give the ProviderDetails as they are shown."""
        check_detail_names(kind, details)
        completed, pool = completed_details(kind, details), self.pool(user_pool_id)
        if kind == "SAML":
            certificate = pool.keys.certificate(pool.id, pool.creation_date)
            completed["ActiveEncryptionCertificate"] = certificate
        return completed

    def describe_identity_provider(
        self, user_pool_id: str, name: str
    ) -> CognitoIdpIdentityProvider:
        """Find an identity provider.

        Raises:
            ResourceNotFound: there is none.
        """
        provider = self.pool(user_pool_id).identity_providers.get(name)
        if provider is None:
            raise ResourceNotFound(f"Identity provider {name} does not exist.")
        return provider

    def update_identity_provider(
        self, user_pool_id: str, name: str, extended_config: dict[str, str]
    ) -> CognitoIdpIdentityProvider:
        """Change an identity provider; raises as `describe_identity_provider` or creation does."""
        provider = self.describe_identity_provider(user_pool_id, name)
        check_mapping(self.pool(user_pool_id).schema_attributes, extended_config)
        changes: Any = extended_config
        if details := changes.get("ProviderDetails"):
            kind = provider.extended_config.get("ProviderType", "")
            changes = changes | {"ProviderDetails": self._details(user_pool_id, kind, details)}
        # Without identifiers, it has none any more (measured on AWS: snapshots of localstack-ext
        # 3.8.1, June 2024).
        provider.extended_config.pop("IdpIdentifiers", None)
        return super().update_identity_provider(user_pool_id, name, changes)

    def delete_identity_provider(self, user_pool_id: str, name: str) -> None:
        """Delete an identity provider; raises as `describe_identity_provider`."""
        self.describe_identity_provider(user_pool_id, name)
        super().delete_identity_provider(user_pool_id, name)

    @paginate(pagination_model=PAGINATION_MODEL)
    def list_user_pools(self, region: str | None = None) -> list[Pool]:  # type: ignore[override]  # a list of subclass instances
        """List pools, all or those of a region."""
        return [pool for pool in self.user_pools.values() if region in {None, pool.region}]

    @paginate(pagination_model=PAGINATION_MODEL)
    def list_users(self, user_pool_id: str, filt: str | None) -> list[User]:  # type: ignore[override]  # a list of subclass instances
        """List users, all or those that a filter finds.

        Raises:
            ParameterInvalid: the filter is none.
        """
        matches = user_filter(filt or "")
        return [user for user in self.pool(user_pool_id).users.values() if matches(user)]

    def pool(self, user_pool_id: str) -> Pool:
        """Find a pool.

        Raises:
            ResourceNotFound: there is none.
        """
        pool = self.user_pools.get(user_pool_id)
        if pool is None:
            raise ResourceNotFound(f"User pool {user_pool_id} does not exist.")
        return pool

    def _validate_password(self, user_pool_id: str, password: str) -> None:
        # moto's own operations ask here.
        self.pool(user_pool_id).check_password(password)

    def admin_delete_user(self, user_pool_id: str, username: str) -> None:
        """Delete a user and every token of theirs."""
        pool = self.pool(user_pool_id)
        pool.remove(pool.get(username))

    def log_in(self, attempt: SignInAttempt, user: User) -> dict[str, Any]:
        """Begin a session and give the answer of a finished sign-in."""
        pool, client = attempt.pool, attempt.client
        session = pool.sessions.begin(user, client.id, client.lifetime("RefreshToken"))
        session.device_key = attempt.device_key
        session.metadata = attempt.metadata
        try:
            tokens = issue_tokens(pool, session, attempt.source)
        except CognitoError:
            pool.sessions.end(session)
            raise
        return {"ChallengeParameters": {}, "AuthenticationResult": authentication_result(tokens)}
