"""Hypothesis strategies for the users of a Cognito pool, built from the pool's own settings.

    from apiproof.cognito import PoolSettings
    from apiproof.strategies import broken_passwords, signups, usernames

What is drawn follows from a `PoolSettings` and from the limits of Cognito's service model, never
from constants of a project. The package knows no service: what a service adds to Cognito's rules
belongs to the project's own strategies.
"""

from apiproof.strategies.addresses import emails, same_addresses, tagged_addresses
from apiproof.strategies.bodies import Fault, HostileBody, hostile_bodies, possible_faults
from apiproof.strategies.names import (
    broken_usernames,
    lookalikes,
    same_names,
    usernames,
)
from apiproof.strategies.passwords import Broken, broken_passwords, passwords, rules
from apiproof.strategies.signups import Signup, signups

__all__ = [
    "Broken",
    "Fault",
    "HostileBody",
    "Signup",
    "broken_passwords",
    "broken_usernames",
    "emails",
    "hostile_bodies",
    "lookalikes",
    "passwords",
    "possible_faults",
    "rules",
    "same_addresses",
    "same_names",
    "signups",
    "tagged_addresses",
    "usernames",
]
