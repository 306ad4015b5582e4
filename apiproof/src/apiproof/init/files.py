"""The texts of the files that `apiproof init` writes."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apiproof.init import aws, fixed_texts
from apiproof.init.enforced_security import NOTHING, Undeclared
from apiproof.init.recognition import FORM, Recognised
from apiproof.init.source import SourceFacts
from apiproof.init.variables import names_store
from apiproof.openapi.undeclared import BEARER

SERVICE_FILE = "apiproof_service.py"
OVERRIDDEN = ("login", "confirm", "resend", "forgot", "reset", "new_password", "second_factor")
TESTS_FILE = "apiproof_tests.py"  # collected when it is named, so that no run of theirs is longer
_LINE = 88  # characters; a longer import is broken up, as Black and ruff do

_CHALLENGED = {
    "new_password": "account_with_temporary_password",
    "second_factor": "account_with_app",
}
_NEW = '"Staple-8-Correct-Horse"'


@dataclass
class Plan:
    """What is known of a project when its files are written.

    Attributes:
        app: The application's import path.
        python: The interpreter to serve it with, relative to the project; None for the kit's.
        facts: What its source tells.
        is_here: Whether the application is in a file of the project.
        import_root: The folder that its imports start from, relative to it; empty where it does.
        migrations: `alembic.ini`, an import path, or empty.
        found: Its operations by purpose.
        enders: operationIds that end a session.
        scopes: What the document asks for.
        needed_scopes: What operations ask for besides, by operationId.
        region: The pool's.
        install: Shell commands that install the project's own libraries.
        undeclared: What the running application asks for, though the document does not say so.
        token_kinds: `access` or `id` by operationId, of those that take one of them alone.
        group: The group that every caller has to be in; empty where there is none.
        declares_refusals: Whether the document declares any refusal beside FastAPI's own 422.
        first_request: The operationId of what makes a user's own row; empty where nothing does.
        identities: The text of an identities file; empty where the document asks for no credential.
    """

    app: str
    python: Path | None
    facts: SourceFacts
    is_here: bool = True
    import_root: str = ""
    migrations: str = ""
    found: Mapping[str, Recognised] = field(default_factory=dict)
    enders: list[str] = field(default_factory=list)
    scopes: tuple[str, ...] = ()
    region: str = "us-east-1"
    install: tuple[str, ...] = ()
    undeclared: Undeclared = NOTHING
    token_kinds: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    declares_refusals: bool = False
    identities: str = ""
    needed_scopes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    first_request: str = ""

    @property
    def granted_scopes(self) -> tuple[str, ...]:
        """The scopes that a user's token is to have."""
        return tuple(sorted({*self.scopes, *itertools.chain(*self.needed_scopes.values())}))

    @property
    def token(self) -> str:
        """The kind of token that more operations take: `access` or `id`."""
        kinds = list(self.token_kinds.values())
        return "id" if kinds.count("id") > kinds.count("access") else "access"

    @property
    def by_email(self) -> bool:
        """Whether users are known by their e-mail address."""
        sign_up = self.found.get("sign_up") or self.found.get("login")
        return self.facts.by_email or (
            sign_up is not None and "username" not in sign_up.fields.values()
        )


def texts(plan: Plan) -> dict[str, str]:
    """Return the text of every file, by its path in the project."""
    return {
        SERVICE_FILE: service_file(plan),
        "schemathesis.toml": fixed_texts.SCHEMATHESIS
        + ("" if plan.declares_refusals else fixed_texts.UNDECLARED),
        TESTS_FILE: fixed_texts.TESTS,
        **({"apiproof_identities.yaml": plan.identities} if plan.identities else {}),
        "noxfile.py": fixed_texts.NOX,
        ".github/workflows/apiproof.yml": fixed_texts.GITHUB.format(
            install="".join(f"      - run: {line}\n" for line in _ci(plan))
        ),
        ".gitlab-ci.apiproof.yml": fixed_texts.GITLAB.format(
            install="".join(f"    - {line}\n" for line in _ci(plan))
        ),
    }


def _ci(plan: Plan) -> tuple[str, ...]:
    """Return what a CI job runs: the project's libraries and the kit are kept apart."""
    return (*plan.install, 'pip install "apiproof[all]"', "apiproof run")


def service_file(plan: Plan) -> str:
    """Return the service file, with comments for what could not be told."""
    return "\n".join([*_head(plan), *_functions(plan), *_service(plan)]) + "\n"


def _head(plan: Plan) -> Iterator[str]:
    yield '"""What apiproof is told about this service; `apiproof init` wrote it, edit it."""'
    yield ""
    standard = ["import os"] if plan.facts.buckets else []
    standard += ["from pathlib import Path"] if plan.python is not None else []
    if standard:
        yield from (*standard, "")
    if plan.facts.buckets:
        yield "import boto3"
    names = ["Service"]
    if plan.facts.buckets:
        names = ["EnvironmentConfig", *names]
    if "sign_up" in plan.found:
        names = ["EnvironmentControl", "SeedUser", *names]
    if plan.group or plan.facts.groups:
        names = [*dict.fromkeys(["SeedUser", *names])]
    if set(OVERRIDDEN) & plan.found.keys():
        names = [*dict.fromkeys(["AdjustableRequest", "EnvironmentControl", *names])]
    line = f"from apiproof.service import {', '.join(sorted(names))}"
    if len(line) <= _LINE:
        yield line
    else:
        yield from (
            "from apiproof.service import (",
            *(f"    {name}," for name in sorted(names)),
            ")",
        )


def _functions(plan: Plan) -> Iterator[str]:
    if plan.granted_scopes:
        yield from _trigger(plan.granted_scopes)
    if plan.facts.buckets:
        yield from aws.function(plan.facts.buckets)
    if sign_up := plan.found.get("sign_up"):
        yield from ("", "", "def sign_up(env: EnvironmentControl, user: SeedUser) -> str | None:")
        yield from _call("env.client", sign_up, _of_user())
        yield "    if response.status_code >= 300:"
        yield ('        raise RuntimeError(f"sign-up answered {response.status_code}")')
        yield "    return None  # the pool knows the sub"
    if confirm := plan.found.get("confirm"):
        yield from (
            "", "", "def confirm(env: EnvironmentControl, username: str, code: str) -> None:",
        )  # fmt: skip
        values = {"username": "username", "email": "username", "code": "code"}
        yield from _call("env.client", confirm, values)
        yield "    if response.status_code >= 300:"
        yield '        raise RuntimeError(f"confirmation answered {response.status_code}")'
    for purpose in OVERRIDDEN:
        if found := plan.found.get(purpose):
            yield from _override(purpose, found, plan)


def _of_user() -> dict[str, str]:
    return {"username": "user.username", "email": "user.email", "password": "user.password"}


def _call(client: str, found: Recognised, values: Mapping[str, str]) -> Iterator[str]:
    yield f"    body = {_body(found, values)}"
    word = "data" if found.media == FORM else "json"
    operation = found.operation
    yield (
        f'    response = {client}.request("{operation.method}", "{operation.path}", {word}=body)'
    )


def _body(found: Recognised, values: Mapping[str, str]) -> str:
    parts = [
        f'"{name}": {values.get(kind) or _quoted(name)}' for name, kind in found.fields.items()
    ]
    return "{" + ", ".join(parts) + "}"


def _quoted(name: str) -> str:
    return json.dumps(name)


def _override(purpose: str, found: Recognised, plan: Plan) -> Iterator[str]:
    """Yield a function that makes a generated request succeed."""
    yield from (
        "",
        "",
        f"def valid_{purpose}(env: EnvironmentControl, request: AdjustableRequest) -> None:",
    )
    if purpose in {"confirm", "resend"}:
        yield "    user = env.create_unconfirmed_user()"
    elif purpose == "login":
        yield "    user = env.shared_account()"
    elif purpose in _CHALLENGED:
        yield f"    user = env.{_CHALLENGED[purpose]}()"
    else:
        yield "    user = env.new_account()"
    if purpose == "reset" and (forgot := plan.found.get("forgot")):
        word = "data" if forgot.media == FORM else "json"
        yield (
            f'    env.client.request("{forgot.operation.method}", "{forgot.operation.path}", '
            f"{word}={_body(forgot, _of_user())})"
        )
    values = {**_of_user(), "code": "env.code(user.username)"}
    if purpose in _CHALLENGED:
        if "session" in found.fields.values():
            yield from _challenge(plan)
        is_all = "session" not in found.fields.values()  # the old password and the new one at once
        values |= {"session": "session", **({} if is_all else {"password": _NEW})}
    values |= {"new_password": _NEW}
    yield f"    request.body = {_body(found, values)}"


def _challenge(plan: Plan) -> Iterator[str]:
    """Yield the login that is answered with a challenge, and its session."""
    login = plan.found.get("login")
    if login is None:
        yield '    session = ""  # of the login that is answered with this challenge'
        return
    word = "data" if login.media == FORM else "json"
    member = next(iter(login.answer), "session")
    yield f"    body = {_body(login, _of_user())}"
    yield f'    answer = env.client.request("POST", "{login.operation.path}", {word}=body).json()'
    yield f"    session = answer[{_quoted(member)}]"


def _trigger(scopes: tuple[str, ...]) -> Iterator[str]:
    yield from ("", "", "def pre_token_generation(event: dict, _context: object) -> dict:")
    yield '    """Grant every scope; put the handler that the deployment uploads in its place."""'
    yield f'    tokens = {{"accessTokenGeneration": {{"scopesToAdd": {json.dumps(list(scopes))}}}}}'
    yield '    event["response"]["claimsAndScopeOverrideDetails"] = tokens'
    yield "    return event"


def _service(plan: Plan) -> Iterator[str]:
    facts = plan.facts
    yield from ("", "", "SERVICE = Service(", f'    "{plan.app}",')
    if plan.python is not None:
        yield f'    python=Path("{plan.python.as_posix()}"),'
    yield from _variables(plan)
    if not facts.has_database:
        yield "    database=False,"
    elif plan.migrations:
        yield f'    migrations="{plan.migrations}",'
    else:
        yield '    # migrations="alembic.ini" or "package.models:Base"; it makes its own tables'
    yield f'    region="{plan.region}",'
    if facts.pool_ids:
        yield f'    user_pool_id="{facts.pool_ids[0]}",  # as the code has it'
    if facts.client_ids:
        yield f'    client_id="{facts.client_ids[0]}",  # likewise'
    yield from _pool(plan)
    yield from _users(plan)
    if plan.enders:
        yield f"    ends_session=({', '.join(map(_quoted, plan.enders))},),"
    yield from _overrides(plan)
    names = dict.fromkeys([*plan.undeclared.operations, *plan.needed_scopes])
    if names:
        yield "    # What these ask for, a token or its scopes, the document does not say."
        yield "    undeclared_security={"
        for name in names:
            scopes = "".join(f"{_quoted(each)}, " for each in plan.needed_scopes.get(name, ()))
            yield f"        {_quoted(name)}: ({scopes.removesuffix(' ')}),"
        yield "    },"
        if plan.undeclared.scheme != BEARER:
            yield f"    undeclared_scheme={json.dumps(plan.undeclared.scheme)},"
    yield from _aws(facts)
    yield "    # body_fixers={operationId: function of a body} for rules that the schema cannot say"
    yield "    # disable=function of (config, username), as your operators shut an account"
    yield ")"


def _aws(facts: SourceFacts) -> Iterator[str]:
    if facts.buckets:
        yield "    prepare_aws=prepare_aws,"
    if others := [name for name in facts.aws_services if name != "s3" or not facts.buckets]:
        yield f"    # prepare_aws makes what it expects in {', '.join(others)}, with boto3"


def _variables(plan: Plan) -> Iterator[str]:
    facts = plan.facts
    if not facts.variables and not plan.import_root:
        return
    yield "    variables={"
    if plan.import_root:
        yield f'        "PYTHONPATH": "{plan.import_root}",  # where its imports start'
    made_up = facts.invented()
    for name in facts.variables:
        value = facts.examples.get(name, "")
        store = "; runs write there: name one for tests" if names_store(name, value) else ""
        if value:
            yield f"        {json.dumps(name)}: {json.dumps(value)},  # your example{store}"
        elif name in facts.buckets:
            yield f'        "{name}": "{facts.buckets[name]}",  # invented'
        elif name in made_up:
            yield f'        "{name}": "{made_up[name]}",  # invented: it must have a value'
        elif template := facts.template(name):
            yield f'        "{name}": "{template}",'
        else:
            yield f'        # "{name}": left as it is{store}'
    yield "    },"


def _pool(plan: Plan) -> Iterator[str]:
    if plan.by_email:
        yield '    pool={"UsernameAttributes": ["email"]},'
    settings = []
    if not plan.facts.has_secret:
        settings.append('"GenerateSecret": False')
    if plan.facts.flows:
        flows = [f"ALLOW_{flow}" for flow in plan.facts.flows if flow != "ADMIN_NO_SRP_AUTH"]
        settings.append(f'"ExplicitAuthFlows": {json.dumps([*flows, "ALLOW_REFRESH_TOKEN_AUTH"])}')
    if settings:
        yield f"    pool_client={{{', '.join(settings)}}},"
    if plan.granted_scopes:
        yield "    trigger=pre_token_generation,"


def _users(plan: Plan) -> Iterator[str]:
    if "sign_up" in plan.found:
        yield "    sign_up=sign_up,"
    else:
        yield "    # sign_up=function of (env, user); users are put into the pool directly"
    if "confirm" in plan.found:
        yield "    confirm=confirm,"
    yield from _groups(plan)
    if plan.first_request:
        yield f"    first_request={_quoted(plan.first_request)},  # it makes the caller's row"
    yield from _token(plan)


def _groups(plan: Plan) -> Iterator[str]:
    """Yield who is in which group: all in the one that is needed, nobody in those of operators."""
    if plan.group:
        yield f"    new_user={_maker(plan, plan.group)},  # nobody else is let in"
    if others := [group for group in plan.facts.groups if group != plan.group]:
        yield f"    # Groups of the code that no user of a run is in: {', '.join(others)}."
        yield f"    # new_user={_maker(plan, others[0])},"


def _maker(plan: Plan, group: str) -> str:
    name = "user-{n}@example.com" if plan.by_email else "user-{n}"
    return f'lambda n: SeedUser(f"{name}", f"user-{{n}}@example.com", groups=("{group}",))'


def _token(plan: Plan) -> Iterator[str]:
    if plan.token == "id":  # noqa: S105  # a kind of token
        yield '    token="id",  # it refuses access tokens'
    elif not plan.token_kinds:
        yield '    # token="id" where the service takes id tokens'
    if others := [name for name, kind in plan.token_kinds.items() if kind != plan.token]:
        yield f"    # {', '.join(others)}: takes the other kind of token alone, and is never let in"


def _overrides(plan: Plan) -> Iterator[str]:
    lines = [
        f'        "{found.operation.operation_id}": valid_{purpose},'
        for purpose in OVERRIDDEN
        if (found := plan.found.get(purpose))
    ]
    if lines:
        yield "    request_overrides={"
        yield from lines
        yield "    },"
