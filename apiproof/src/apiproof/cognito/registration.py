"""How a user comes into being, by whichever way: SignUp, AdminCreateUser or a test.

Checks attributes, password and name, and puts the user into the pool. Codes and invitations are the
callers' business.
"""

from dataclasses import dataclass

from moto.cognitoidp.models import UserStatus

from apiproof.cognito.appclient import AppClient
from apiproof.cognito.attributes import check_attributes
from apiproof.cognito.errors import ParameterInvalid, UsernameExists
from apiproof.cognito.pool import Pool
from apiproof.cognito.users import User


@dataclass(frozen=True)
class Applicant:
    """Who wants in: a name, a password, and attributes as `Name` and `Value` pairs."""

    username: str
    password: str
    attributes: list[dict[str, str]]


def register(
    pool: Pool, applicant: Applicant, status: UserStatus, *, client: AppClient | None = None
) -> User:
    """Create a user.

    Args:
        pool: takes the user in; its settings say whether names are emails or phone numbers.
        applicant: needs a free name and a password by the pool's policy.
        status: UNCONFIRMED or FORCE_CHANGE_PASSWORD.
        client: who writes the attributes; None for an administrator.

    Raises:
        NotAuthorized: the client may not write one of the attributes.
        ParameterInvalid: an attribute or the form of the username is wrong.
        PasswordInvalid: the password breaks the policy.
        UsernameExists: the name is taken.
    """
    attributes = [dict(each) for each in applicant.attributes]
    name: str | None = applicant.username
    if names := pool.extended_config.get("UsernameAttributes"):
        attribute = "email" if "@" in applicant.username else "phone_number"
        if attribute not in names:
            raise ParameterInvalid("Username should be either an email or a phone number.")
        attributes = [each for each in attributes if each["Name"] != attribute]
        attributes.append({"Name": attribute, "Value": applicant.username})
        name = None  # moto then takes the sub for the username, as Cognito does
    check_attributes(pool, attributes, client=client, creating=True)
    pool.check_password(applicant.password)
    if pool.find(applicant.username) is not None:
        raise UsernameExists
    user = User(pool.id, name, applicant.password, status, attributes)
    pool.add(user)
    return user
