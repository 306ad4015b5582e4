"""How a user comes into being, by whichever way: SignUp, AdminCreateUser or a test.

Checks attributes, password and name, and puts the user into the pool. Codes and invitations are the
callers' business.
"""

from moto.cognitoidp.models import UserStatus

from understudy.cognito.appclient import AppClient
from understudy.cognito.attributes import check_attributes
from understudy.cognito.errors import ParameterInvalid, UsernameExists
from understudy.cognito.pool import Pool
from understudy.cognito.users import User

Attributes = list[dict[str, str]]


def register(
    pool: Pool,
    username: str,
    password: str,
    attributes: Attributes,
    status: UserStatus,
    *,
    client: AppClient | None = None,
) -> User:
    """Create a user.

    Args:
        pool: takes the user in.
        username: a free name; an email or phone number where the pool uses these as names.
        password: by the pool's policy.
        attributes: `Name` and `Value` pairs.
        status: UNCONFIRMED or FORCE_CHANGE_PASSWORD.
        client: who writes the attributes; None for an administrator.

    Raises:
        NotAuthorized: the client may not write one of the attributes.
        ParameterInvalid: an attribute or the form of the username is wrong.
        PasswordInvalid: the password breaks the policy.
        UsernameExists: the name is taken.
    """
    name: str | None = username
    if names := pool.extended_config.get("UsernameAttributes"):
        attribute = "email" if "@" in username else "phone_number"
        if attribute not in names:
            raise ParameterInvalid("Username should be either an email or a phone number.")
        others = [each for each in attributes if each["Name"] != attribute]
        attributes = [*others, {"Name": attribute, "Value": username}]
        name = None  # moto then takes the sub for the username, as Cognito does
    check_attributes(pool, attributes, client=client, creating=True)
    pool.check_password(password)
    if pool.find(username) is not None:
        raise UsernameExists
    user = User(pool.id, name, password, status, [dict(each) for each in attributes])
    pool.add(user)
    return user
