"""Whole sign-ups: name, address and password that belong to one new user.

It knows a pool's settings, and no service's body.
"""

from dataclasses import dataclass

from hypothesis import strategies as st

from apiproof.cognito import PoolSettings
from apiproof.strategies.addresses import emails
from apiproof.strategies.names import usernames
from apiproof.strategies.passwords import passwords


@dataclass(frozen=True)
class Signup:
    """A user who wants an account.

    The repr shows the password: it is drawn, nobody's, and a failure cannot be followed without.
    """

    username: str
    email: str
    password: str

    def body(self) -> dict[str, str]:
        """Give the three as a JSON object with these names."""
        return {"username": self.username, "email": self.email, "password": self.password}


def signups(
    settings: PoolSettings | None = None,
    *,
    unlike: str = "",
    names: st.SearchStrategy[str] | None = None,
) -> st.SearchStrategy[Signup]:
    """Draw users whom a pool takes in.

    Args:
        settings: the pool's; None for the default pool. Where addresses serve as usernames, the
            name is the address.
        unlike: what names and local parts end with, to keep the users of a test apart.
        names: usernames, where a service takes fewer than the pool; they end as they are drawn.
    """
    settings = settings or PoolSettings()
    secret = passwords(settings.password_policy)
    address = emails(unlike=unlike)
    if settings.username_attributes:
        return st.builds(lambda email, password: Signup(email, email, password), address, secret)
    if names is None:
        names = usernames(unlike=unlike)
    return st.builds(Signup, names, address, secret)
