"""`python -m api.admin disable | enable USERNAME`: for operators.

A disabled user's tokens still verify offline until they expire, so the row says that the account
is disabled, too. Must not know HTTP.
"""

import argparse
import sys
from collections.abc import Sequence

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from api.database import transaction
from api.dependencies import AppState
from api.errors import ApiError, UserNotFound
from api.identity.protocols import IdentityProvider
from api.settings import SettingsInvalid, read_settings
from api.types import case_key, utc_now
from api.users.auth import end_sessions
from api.users.models import User


def disable(engine: Engine, identity: IdentityProvider, username: str, until: int) -> None:
    """Shut an account: no sign-in, and all its tokens are refused at once.

    Args:
        engine: of the database.
        identity: where the account is.
        username: its case does not matter.
        until: epoch seconds; sessions opened up to then stay shut when the account opens again.

    Raises:
        UserNotFound
    """
    with transaction(engine) as db:
        user = _locked(db, username)
        user.disabled_at = user.disabled_at or utc_now()
        end_sessions(db, user, until)
        identity.set_enabled(user.username, enabled=False)
        identity.sign_out_account(user.username)


def enable(engine: Engine, identity: IdentityProvider, username: str) -> None:
    """Open an account again; the user has to log in.

    Args:
        engine: of the database.
        identity: where the account is.
        username: its case does not matter.

    Raises:
        UserNotFound
    """
    with transaction(engine) as db:
        user = _locked(db, username)
        user.disabled_at = None
        db.add(user)
        identity.set_enabled(user.username, enabled=True)


def _locked(db: Session, username: str) -> User:
    key = case_key(username)
    query = select(User).where(col(User.username_key) == key).with_for_update()
    user = db.exec(query).one_or_none()
    if user is None:
        raise UserNotFound
    return user


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command on the deployment of the settings.

    Args:
        arguments: of the command line.
    """
    parser = argparse.ArgumentParser(prog="python -m api.admin")
    parser.add_argument("command", choices=("disable", "enable"))
    parser.add_argument("username")
    options = parser.parse_args(arguments)
    try:
        world = AppState.build(read_settings())
        if options.command == "disable":
            disable(world.engine, world.identity, options.username, world.sign_out_cutoff())
        else:
            enable(world.engine, world.identity, options.username)
    except SettingsInvalid as error:
        return _fail(str(error))
    except ApiError as error:
        return _fail(f"Cannot {options.command} {options.username!r}: {error.detail}.")
    return 0


def _fail(text: str) -> int:
    print(text, file=sys.stderr)  # noqa: T201 - the command's answer
    return 2


if __name__ == "__main__":
    sys.exit(main())
