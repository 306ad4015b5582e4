"""A sign-in in a real browser: serves an emulator and has `js/sign_in_page.mjs` drive Chromium.

    python -m tests.cognito.browser_journey

Needs Node.js 20 or newer with npm, and Chromium or Chrome.
"""

import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from apiproof.cognito import PoolSettings
from apiproof.cognito.serving import served
from apiproof.cognito.settings_files import SeedUser
from tests.cognito.journey import install, obstacle, run

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STEPS = "10 steps in"
GRACE = SeedUser("grace", "Temporary-1!", {"email": "grace@example.com"}, temporary=True)


def browser() -> str | None:
    """Find a browser that Playwright can drive."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def settings(port: int) -> PoolSettings:
    """Give a pool whose public client is an application on a port of this machine."""
    origin = f"http://localhost:{port}"
    return PoolSettings(
        client_secret=False,
        client={
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": ["openid", "email", "aws.cognito.signin.user.admin"],
            "CallbackURLs": [f"{origin}/callback"],
            "LogoutURLs": [f"{origin}/bye"],
        },
    )


def travel(executable: str) -> str:
    """Make the journey; gives what it printed.

    Raises:
        subprocess.CalledProcessError: a step went wrong; it was printed.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        ready_file = Path(folder) / "ready.json"
        with served(settings(port), users=[GRACE], ready_file=ready_file) as cognito:
            cognito.client().set_user_pool_mfa_config(
                UserPoolId=cognito.user_pool_id,
                SoftwareTokenMfaConfiguration={"Enabled": True},
                MfaConfiguration="ON",
            )
            return run("node", "sign_in_page.mjs", str(ready_file), str(port), executable)


def main() -> int:
    """Install and travel; 1 if a step went wrong, 2 if there is no Node or no browser."""
    executable = browser()
    reason = obstacle()
    if reason is None and executable is None:
        reason = "Chromium missing: install it (apt-get install chromium) for this journey"
    if reason is not None or executable is None:
        sys.stderr.write(f"Skipped: {reason}.\n")
        return 2
    try:
        install()
        told = travel(executable)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"{error.stdout}{error}\n")
        return 1
    sys.stdout.write(told)
    return 0 if STEPS in told else 1


if __name__ == "__main__":
    sys.exit(main())
