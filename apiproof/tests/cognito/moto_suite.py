"""moto's own tests of Cognito, run against the emulator: `nox -s moto-suite -- FOLDER`.

FOLDER is a checkout of getmoto/moto, best at the installed version; nothing is copied from it. What
is printed is docs/moto-tests.md: each failure with the reason why the emulator is right. The exit
code is 1 when a test fails that moto marks as verified against AWS, or that has no reason here, and
2 when none of the verified ones was reached.
"""

import contextlib
import io
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest

from apiproof.cognito import Cognito

FILE = "tests/test_cognitoidp/test_cognitoidp.py"
OURS = Path(__file__).resolve().parents[2]
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_DEFAULT_REGION": "us-east-1",
}
UNEXPLAINED = "no reason is known: this is a fault of the emulator, or a new test"
# What a failure says, and why the emulator is right; the first that fits counts.
REASONS = {
    r"Invalid read attributes": (
        "The app client names an attribute (a random one) that the pool doesn't have; AWS "
        "answers with this very text (aws-amplify/amplify-cli#12887)."
    ),
    r"AdminCreateUser operation.*(does not exist in the schema|could not be determined)": (
        "The user gets an attribute (`thing`, `custom:foo`, a random one) that the pool's "
        "schema doesn't have."
    ),
    r"assert 'Error while parsing filter.*' == 'Error while parsing filter": (
        "AWS's text ends with a full stop (aws-sdk-php#1088, the answer as it came)."
    ),
    r"'userAttributes.*' failed to satisfy": (
        "Names of attributes have at most 32 characters in the service model; the test's have 36."
    ),
    r"AdminCreateUser operation.*Password must have": (
        "The temporary password, a random identifier, breaks the pool's policy, which "
        "AdminCreateUser checks (API reference, `TemporaryPassword`)."
    ),
    r"at 'providerName' failed to satisfy": (
        "Names of providers have at most 32 characters in the service model; the test's have 36."
    ),
    r"at '(lambdaConfig|roleArn|name|explicitAuthFlows|userPoolId).*' failed to satisfy": (
        "A parameter breaks a pattern or an enumeration of the service model: an ARN without an "
        "account, a name with braces, a flow that doesn't exist, an id without a region."
    ),
    r"should have a custom domain associated": (
        "A prefix domain is given a certificate, which only a custom domain has: AWS answers with "
        "this very text (aws/aws-cdk#25712)."
    ),
    r"'AccountRecoverySetting' not in": (
        "AWS gives a new pool an AccountRecoverySetting, email first (decision 223): Terraform's "
        "tests on AWS expect one; moto's test follows the API reference."
    ),
    r"'SignInPolicy'": (
        "AWS shows the first factors of a pool beside its password policy (the acceptance tests of "
        "Terraform's provider, which run on AWS)."
    ),
    r"is not a valid address": (
        "A callback address is absolute (developer guide, 'App client settings terms'); the "
        "test's is a random identifier."
    ),
    r"SECRET_HASH was not received": ("The app client has a secret, and the call no SECRET_HASH."),
    r"Invalid email address format": ("The user's email, a random identifier, is no address."),
    r"flow not enabled for this client": (
        "The app client has no ExplicitAuthFlows, and USER_PASSWORD_AUTH is not among the "
        "default ones (API reference, CreateUserPoolClient)."
    ),
    r"has not been enabled by the userPool": (
        "AssociateSoftwareToken in a pool without authenticator apps is "
        "SoftwareTokenMFANotFoundException (API reference)."
    ),
    r"delivery config set to turn on SMS_MFA": (
        "SMS is preferred by a user without a phone number."
    ),
    r"Current status is FORCE_CHANGE_PASSWORD": (
        "An invited user is confirmed by a new password, not by ConfirmSignUp."
    ),
    r"password cannot be reset in the current state": (
        "An invited user's password is not reset: AdminResetUserPassword and ForgotPassword "
        "refuse FORCE_CHANGE_PASSWORD."
    ),
    r"UserNotFoundException.*ForgotPassword": (
        "The app client has no PreventUserExistenceErrors, so an unknown user is told "
        "(developer guide, 'Managing error responses')."
    ),
    r"'InvalidParameterException' == '(NotAuthorized|ResourceNotFound)Exception'": (
        "The token, or the id, breaks the pattern of the service model (`n/a`, a hyphen), which "
        "is checked first."
    ),
    r"- Username/client id combination not found": (
        "The app client is unknown, whoever the user is: AWS names the client."
    ),
    r"'Username should be an email.' ==": (
        "The pool has emails alone as usernames, and the text says so; moto's is the one for "
        "emails and phone numbers."
    ),
    r"validation error.*Member must satisfy enum value set": (
        "The text is the one of all AWS services for a value outside of an enumeration, with "
        "the values that botocore knows today."
    ),
    r"assert '(us-west-2)_\w+' == '(us-west-2)_\w+'": (
        "MOTO_COGNITO_IDP_USER_POOL_ID_STRATEGY is a setting of moto's: ids of AWS are random."
    ),
    r"Custom domain is not a valid subdomain": (
        "A domain of one's own is a whole name, as cdk-preflight measured on AWS; the test's is a "
        "random identifier."
    ),
    r"bad_signature": (
        "The test verifies with the one static key of moto's; here each pool has its own, which "
        "its JWKS tells."
    ),
}


def reason_of(failure: str) -> str:
    """Say why the emulator is right, by what a failed test told."""
    found = (
        reason for pattern, reason in REASONS.items() if re.search(pattern, failure, re.DOTALL)
    )
    return next(found, UNEXPLAINED)


class Table:
    """Collects what became of each test, those verified against AWS apart."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.verified: Counter[str] = Counter()
        self.failures: defaultdict[str, list[str]] = defaultdict(list)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Generator[None, bool, bool]:
        """Give each test an emulator of its own, as `mock_aws` gives each an empty moto."""
        with Cognito.start():
            return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test once: when it was called, or when its preparation did not pass."""
        if report.when != "call" and report.passed:
            return
        self.counts[report.outcome] += 1
        if "aws_verified" in report.keywords:
            self.verified[report.outcome] += 1
        if report.failed:
            name = report.nodeid.rpartition("::")[2]
            reason = reason_of(report.longreprtext)
            self.failures[reason].append(name)
            if reason == UNEXPLAINED:
                sys.stderr.write(f"{name}\n{report.longreprtext}\n")

    def __str__(self) -> str:
        rows = sorted(self.failures.items(), key=lambda row: (-len(row[1]), row[0]))
        passed, verified = self.counts["passed"], self.verified["passed"]
        total, known = sum(self.counts.values()), sum(self.verified.values())
        known_text = f"of those that moto marks as verified against AWS, {verified} of {known}"
        head = [
            f"{passed} of {total} tests pass; {known_text}.",
            "",
            "| Why the emulator is right | Tests | Which |",
            "|---|---|---|",
        ]
        return "\n".join([*head, *(_row(reason, names) for reason, names in rows)])

    @property
    def exit_code(self) -> int:
        """Give 0 when all is well, 1 when not, 2 when nothing verified against AWS ran."""
        if not self.verified["passed"] + self.verified["failed"]:
            return 2
        return 1 if self.verified["failed"] or UNEXPLAINED in self.failures else 0


def _row(reason: str, names: list[str]) -> str:
    listed = ", ".join(f"`{name}`" for name in sorted(names))
    return f"| {reason} | {len(names)} | {listed} |"


def _forget_our_tests() -> None:
    """Make way for moto's package `tests`, which has the name of ours."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    sys.path[:] = [str(Path.cwd()), *(entry for entry in sys.path if entry and Path(entry) != OURS)]


def main(arguments: list[str]) -> int:
    """Run the tests of the checkout named by the one argument and print the table."""
    if len(arguments) != 1 or not (Path(arguments[0]) / FILE).is_file():
        sys.stderr.write(f"Name a checkout of getmoto/moto: a folder that holds {FILE}.\n")
        return 2
    for name, value in ENVIRONMENT.items():
        os.environ[name] = value
    os.chdir(arguments[0])
    _forget_our_tests()
    table = Table()
    options = ["-q", "--tb=short", "-p", "no:cacheprovider", "-o", "addopts="]
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([FILE, *options], [table])
    sys.stdout.write(f"{table}\n")
    return table.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
