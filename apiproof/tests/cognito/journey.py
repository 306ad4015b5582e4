"""Journeys in JavaScript: serves an emulator and has a script of `js/` travel in it.

    python -m tests.cognito.journey sdk        # the AWS SDK for JavaScript
    python -m tests.cognito.journey clients    # amazon-cognito-identity-js, aws-amplify
    python -m tests.cognito.journey browser    # the sign-in page, in Chromium

Needs Node.js 20 or newer with npm; the packages come from npm's registry, pinned by the lock file.
"""

import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from apiproof.cognito import PoolSettings
from apiproof.cognito.serving import served
from apiproof.cognito.settings_files import SeedUser

JAVASCRIPT = Path(__file__).with_name("js")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SRP_ONLY = ("ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
GRACE = SeedUser("grace", "Temporary-1!", {"email": "grace@example.com"}, temporary=True)


class ToolMissing(Exception):
    """A program that a journey needs is not on this machine."""


@dataclass(frozen=True)
class Journey:
    """A script and the emulator that it travels in.

    Attributes:
        script: a file of `js/`.
        ending: the last line that it prints, or a part of it: proof that it arrived.
        settings: what the pool is like.
        users: who is there from the beginning.
        mfa: the pool's MfaConfiguration, with authenticator apps.
        arguments: for the script, after the ready file.
    """

    script: str
    ending: str
    settings: PoolSettings | None = None
    users: Sequence[SeedUser] = ()
    mfa: str = "OFF"
    arguments: tuple[str, ...] = ()

    def travel(self) -> str:
        """Make the journey; gives what it printed.

        Raises:
            subprocess.CalledProcessError: a step went wrong; it was printed.
        """
        with tempfile.TemporaryDirectory() as folder:
            ready_file = Path(folder) / "ready.json"
            with served(self.settings, users=self.users, ready_file=ready_file) as cognito:
                if self.mfa != "OFF":
                    cognito.client().set_user_pool_mfa_config(
                        UserPoolId=cognito.user_pool_id,
                        SoftwareTokenMfaConfiguration={"Enabled": True},
                        MfaConfiguration=self.mfa,
                    )
                return run("node", self.script, str(ready_file), *self.arguments)


def sdk() -> Journey:
    """The AWS SDK, with an app client that has a secret."""
    return Journey("journey.mjs", "8 steps, all as Cognito does them")


def clients() -> Journey:
    """Libraries of web applications: a public client that allows SRP and nothing else."""
    return Journey(
        "clients.mjs",
        "2 clients, all as with Cognito",
        PoolSettings(client_secret=False, auth_flows=SRP_ONLY),
        mfa="OPTIONAL",
    )


def browser() -> Journey:
    """The sign-in page, for an application on a port of this machine."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        raise ToolMissing("Chromium is missing: install it (apt-get install chromium)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    origin = f"http://localhost:{port}"
    settings = PoolSettings(
        client_secret=False,
        client={
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": ["openid", "email", "aws.cognito.signin.user.admin"],
            "CallbackURLs": [f"{origin}/callback"],
            "LogoutURLs": [f"{origin}/bye"],
        },
    )
    return Journey(
        "sign_in_page.mjs", "10 steps in", settings, [GRACE], "ON", (str(port), executable)
    )


JOURNEYS = {"sdk": sdk, "clients": clients, "browser": browser}


def run(program: str, *arguments: str) -> str:
    """Run a program in the folder of the JavaScript; gives what it printed."""
    done = subprocess.run(  # noqa: S603 - our own script
        [shutil.which(program) or program, *arguments],
        cwd=JAVASCRIPT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )
    return done.stdout


def main(names: Sequence[str]) -> int:
    """Install and travel; 1 if a step went wrong, 2 if a program is missing or a name unknown."""
    if not names or not set(names) <= set(JOURNEYS):
        sys.stderr.write(f"Name journeys: {', '.join(JOURNEYS)}.\n")
        return 2
    missing = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
    if missing:
        sys.stderr.write(f"{' and '.join(missing)} missing: install Node.js 20 or newer.\n")
        return 2
    try:
        journeys = [JOURNEYS[name]() for name in names]
        run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
        for journey in journeys:
            printed = journey.travel()
            sys.stdout.write(printed)
            if journey.ending not in printed:
                return 1
    except ToolMissing as error:
        sys.stderr.write(f"{error}.\n")
        return 2
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"{error.stdout}{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
