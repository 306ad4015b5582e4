"""The operations of Cognito, one file per group.

Where no class here has a method for an operation, moto's own answers; where moto has none either,
the call is refused as unsupported.
"""

from apiproof.cognito.operations.administration import Administration
from apiproof.cognito.operations.appearance import Appearance
from apiproof.cognito.operations.challenges import Challenges
from apiproof.cognito.operations.devices import Devices
from apiproof.cognito.operations.domains import Domains
from apiproof.cognito.operations.imports import Imports
from apiproof.cognito.operations.linking import Linking
from apiproof.cognito.operations.machines import Machines
from apiproof.cognito.operations.mfa import MultiFactor
from apiproof.cognito.operations.profile import Profile
from apiproof.cognito.operations.recovery import Recovery
from apiproof.cognito.operations.resources import Resources
from apiproof.cognito.operations.sign_in import SignIn
from apiproof.cognito.operations.sign_out import SignOut
from apiproof.cognito.operations.sign_up import SignUp


class Operations(
    SignUp,
    SignIn,
    Challenges,
    MultiFactor,
    Recovery,
    SignOut,
    Profile,
    Administration,
    Devices,
    Linking,
    Resources,
    Domains,
    Appearance,
    Imports,
    Machines,
):
    """All operations of one call."""


__all__ = ["Operations"]
