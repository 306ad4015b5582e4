"""The pool's password policy, as Cognito enforces it.

Knows a policy and a password, and no user.
"""

from typing import Any

from apiproof.cognito.errors import PasswordInvalid

# AWS developer guide, "Password policies"; a space counts where it is neither first nor last.
SYMBOLS = frozenset("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- ")


def check(policy: dict[str, Any], password: str) -> None:
    """Refuse a password that breaks the policy.

    Args:
        policy: the `PasswordPolicy` of the pool.
        password: what the user wants.

    Raises:
        PasswordInvalid: says which rule; the password is left out.
    """
    rules = [
        (len(password) >= policy.get("MinimumLength", 8), "Password not long enough"),
        (len(password) <= 256, "Password too long"),
        (password == password.strip(" "), "Password has a leading or trailing space"),
        (
            not policy.get("RequireUppercase") or any("A" <= c <= "Z" for c in password),
            "Password must have uppercase characters",
        ),
        (
            not policy.get("RequireLowercase") or any("a" <= c <= "z" for c in password),
            "Password must have lowercase characters",
        ),
        (
            not policy.get("RequireNumbers") or any("0" <= c <= "9" for c in password),
            "Password must have numeric characters",
        ),
        (
            not policy.get("RequireSymbols") or bool(SYMBOLS & set(password)),
            "Password must have symbol characters",
        ),
    ]
    for kept, complaint in rules:
        if not kept:
            raise PasswordInvalid(f"Password did not conform with policy: {complaint}")
