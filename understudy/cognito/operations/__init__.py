"""The operations of Cognito, one file per group.

Where no class here has a method for an operation, moto's own answers; where moto has none either,
the call is refused as unsupported.
"""

from understudy.cognito.operations.administration import Administration
from understudy.cognito.operations.profile import Profile
from understudy.cognito.operations.recovery import Recovery
from understudy.cognito.operations.signin import SignIn
from understudy.cognito.operations.signout import SignOut
from understudy.cognito.operations.signup import SignUp


class Operations(SignUp, SignIn, Recovery, SignOut, Profile, Administration):
    """All operations of one call."""


__all__ = ["Operations"]
