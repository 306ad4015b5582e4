"""Domains of a pool's sign-in pages: kept and described, nothing is served below them."""

import hashlib
from typing import Any

from moto.cognitoidp.models import CognitoIdpUserPoolDomain
from moto.core.responses import ActionResult

from apiproof.cognito.errors import ParameterInvalid, ResourceNotFound
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.pool_rules import check_managed_login

# Words that no part of a prefix may be; longer ones that begin with them are free (measured by
# cdk-preflight, September 2026).
_RESERVED = ("aws", "amazon", "cognito")


class PoolDomain(CognitoIdpUserPoolDomain):
    """moto's domain, with the version of its sign-in pages.

    Attributes:
        region: that of its pool; a name of Amazon's is free in every other one.
        managed_login_version: which sign-in pages it has.
        version: when it was made.
    """

    region: str
    managed_login_version: int
    version: str

    def _distribution_name(self) -> str:
        if not self.custom_domain_config:
            return str(super()._distribution_name())
        # A new certificate leaves it as it is: names of one's own point at it (pulumi-aws#998).
        return f"{hashlib.sha256(self.domain.encode()).hexdigest()[:14]}.cloudfront.net"

    def description(self, account_id: str) -> dict[str, Any]:
        """Give the DomainDescription; of the bucket and the version AWS tells no more."""
        described: dict[str, Any] = self.to_json() | {
            "AWSAccountId": account_id,
            "ManagedLoginVersion": self.managed_login_version,
            "S3Bucket": f"aws-cognito-prod-{self.region}-assets",
            "Version": self.version,
        }
        if self.custom_domain_config:
            described["CustomDomainConfig"] = self.custom_domain_config
        return {name: value for name, value in described.items() if value is not None}

    def summary(self) -> dict[str, Any]:
        """Give what is answered to a domain's creation or change."""
        described: dict[str, Any] = self.to_json(extended=False)
        return described | {"ManagedLoginVersion": self.managed_login_version}


class Domains(Operation):
    """Operations on domains."""

    def create_user_pool_domain(self) -> ActionResult:
        """Give a pool its domain: one of Amazon's and one of one's own at most."""
        pool, name = self.pool(), self.params["Domain"]
        own = self.params.get("CustomDomainConfig")
        _check_name(name, is_own=bool(own))
        domains = self.backend.user_pool_domains
        others = [each for each in domains.values() if each.domain == name]
        if any(each.custom_domain_config or each.region == pool.region for each in others):
            raise ParameterInvalid("Domain already associated with another user pool.")
        if any(
            each.user_pool_id == pool.id and bool(each.custom_domain_config) is bool(own)
            for each in domains.values()
        ):
            raise ParameterInvalid(f"User pool {pool.id} already has a domain configured.")
        domain = PoolDomain(pool.id, name, own)
        domain.region, domain.managed_login_version = pool.region, self._version(default=1)
        domain.version = self.context.clock.now().strftime("%Y%m%d%H%M%S")
        domains[f"{pool.id}/{name}"] = domain
        return ActionResult(domain.summary())

    def describe_user_pool_domain(self) -> ActionResult:
        """Show a domain; a missing one is shown as an empty description."""
        for domain in self.backend.user_pool_domains.values():
            if domain.domain == self.params["Domain"] and self.caller_region in {
                None,
                domain.region,
            }:
                described = domain.description(self.context.account_id)
                return ActionResult({"DomainDescription": described})
        return ActionResult({"DomainDescription": {}})

    def update_user_pool_domain(self) -> ActionResult:
        """Change a domain's certificate, or the version of its sign-in pages."""
        domain, own = self._domain(), self.params.get("CustomDomainConfig")
        # The texts are AWS's (terraform-provider-aws#43252, aws-cdk#25712).
        if domain.custom_domain_config and not own:
            raise ParameterInvalid("Cannot convert custom domain to prefix domain.")
        if own and not domain.custom_domain_config:
            raise ParameterInvalid(
                "User pool should have a custom domain associated, failed to update the "
                "certificate."
            )
        domain.managed_login_version = self._version(default=domain.managed_login_version)
        domain.custom_domain_config = own or {}
        return ActionResult(domain.summary())

    def delete_user_pool_domain(self) -> ActionResult:
        """Take a pool's domain away."""
        domain = self._domain()
        del self.backend.user_pool_domains[f"{domain.user_pool_id}/{domain.domain}"]
        return ActionResult({})

    def _domain(self) -> PoolDomain:
        key = f"{self.pool().id}/{self.params['Domain']}"
        domain: PoolDomain | None = self.backend.user_pool_domains.get(key)
        if domain is None:
            raise ResourceNotFound("Domain does not exist.")
        return domain

    def _version(self, *, default: int) -> int:
        version: int = self.params.get("ManagedLoginVersion") or default
        check_managed_login(self.pool().extended_config, version)
        return version


def _check_name(name: str, *, is_own: bool) -> None:
    if is_own and "." not in name:
        raise ParameterInvalid("Custom domain is not a valid subdomain")
    if not is_own and "." in name:
        raise ParameterInvalid(
            "The domain name contains an invalid character. Domain names can only contain "
            "lower-case letters, numbers, and hyphens."
        )
    word = next((each for each in _RESERVED if each in name.split("-")), None)
    if not is_own and word is not None:
        raise ParameterInvalid(f"Domain cannot contain reserved word: {word}")
