"""What a project's Python files tell: the application, its variables, its use of Cognito.

Files are parsed, never imported.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from apiproof.init.aws import buckets, called_services
from apiproof.init.examples import example_names, example_regions, example_schemes, example_values
from apiproof.init.groups import named_groups, named_scopes
from apiproof.init.import_root import dotted, imported_by
from apiproof.init.start_commands import started_applications
from apiproof.init.variables import (
    PLAIN,
    invented,
    login_domain_template,
    template_for,
    url_template,
)

_SKIPPED = {"tests", "test", "node_modules", "site-packages", "venv", "env", "build", "dist"}
_DATABASES = {"sqlalchemy", "sqlmodel", "psycopg2", "psycopg", "asyncpg", "databases", "tortoise"}
_PLACES = {"cookies": "cookie", "headers": "header"}
_READERS = {"getenv", "get", "config", "env", "str", "int"}
_POOL_ID = re.compile(r"\b([a-z]{2}(?:-[a-z]+)+-\d)_[A-Za-z0-9]{5,55}\b")
_CLIENT_ID = re.compile(r"(?i:client_?id)[\"']?\s*[:=]\s*[\"']([a-z0-9]{26})[\"']")
_REGION = re.compile(r"\b(?:af|ap|ca|eu|il|me|mx|sa|us)(?:-[a-z]+)+-\d\b")
_EMPTY = {
    **dict.fromkeys(("dict", "Dict", "Mapping"), "{}"),
    **dict.fromkeys(("list", "List", "set", "Set", "tuple", "Tuple", "Sequence"), "[]"),
}
# Of a type that refuses just any word; JSON, as those above.
_PLAIN_TYPES = {"int": "1", "float": "1", "bool": "false"}
_STARTED = ("main", "app", "api", "asgi", "server", "service")  # as `fastapi run` looks for them
_FLOW = re.compile(
    r"\b(USER_PASSWORD_AUTH|USER_SRP_AUTH|ADMIN_USER_PASSWORD_AUTH|CUSTOM_AUTH|USER_AUTH|ADMIN_NO_SRP_AUTH)\b"
)


@dataclass
class SourceFacts:
    """What was found.

    Attributes:
        applications: Import paths, the likeliest first.
        variables: Environment variables by name; whether the application ends without it.
        structured: Those of them that hold JSON or a number, with an empty or a small value.
        examples: The values of those that a committed example of an env file gives.
        url_templates: Of the variables that hold a database's URL, with the driver that it names,
            or the domain of managed login.
        has_database: Whether a database library is imported.
        creates_tables: Whether the application calls `create_all` itself.
        metadata: The import path of what has SQLAlchemy's metadata; empty where none was found.
        has_secret: Whether a SECRET_HASH is computed.
        by_email: Whether users sign up with their e-mail address as the username.
        flows: The authentication flows that are named.
        pool_ids: User pool ids that are written into the code.
        regions: AWS regions likewise, that of an example first, then the one that most is of.
        credentials: Cookies and headers that the code reads and that may hold a token.
        imports: What each file imports.
        client_ids: App client ids that are written into the code.
        aws_services: Those beside Cognito that the code makes boto3 clients for.
        groups: Groups of the pool that the code asks for.
        scopes: Words that may be scopes of tokens that it asks for.
        dsns: Variables that pydantic reads as PostgreSQL's URL, whatever their name.
    """

    applications: list[str] = field(default_factory=list)
    variables: dict[str, bool] = field(default_factory=dict)
    structured: dict[str, str] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    url_templates: dict[str, str] = field(default_factory=dict)
    has_database: bool = False
    creates_tables: bool = False
    metadata: str = ""
    has_secret: bool = False
    by_email: bool = False
    flows: list[str] = field(default_factory=list)
    pool_ids: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    credentials: dict[tuple[str, str], None] = field(default_factory=dict)
    imports: dict[Path, frozenset[str]] = field(default_factory=dict)
    client_ids: list[str] = field(default_factory=list)
    aws_services: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    dsns: set[str] = field(default_factory=set)

    def template(self, name: str) -> str:
        """Return the template of a variable; empty where its name says nothing to us."""
        return self.url_templates.get(name) or template_for(name)

    @property
    def buckets(self) -> dict[str, str]:
        """The buckets that S3 is asked for, by the variable that names them."""
        is_used = "s3" in self.aws_services
        return buckets(self.variables, self.examples) if is_used else {}

    def invented(self) -> dict[str, str]:
        """Return values for those that must have one, and that nothing tells us more of."""
        open_ones = {
            name: is_needed
            for name, is_needed in self.variables.items()
            if name not in self.url_templates
        }
        return invented(open_ones, self.structured)


def read_source(root: Path) -> SourceFacts:
    """Read every Python file of a project but its tests and environments."""
    facts = SourceFacts()
    instances: list[str] = []
    factories: list[str] = []
    texts: list[str] = []
    trees: list[ast.Module] = []
    subclasses: set[str] = set()
    for path in _files(root):
        text = path.read_text(encoding="utf-8", errors="replace")
        texts.append(text)
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        trees.append(tree)
        module = dotted(path, root)
        facts.imports[path] = imported_by(tree)
        _read_text(text, facts)
        _read_tree(tree, module, facts)
        instances += _instances(tree, module)
        factories += _factories(tree, module)
        subclasses |= _subclasses(tree)
    folders = sorted({root, *(path.parent for path in facts.imports)})
    whole = "\n".join(texts)
    most = Counter(facts.regions).most_common()
    facts.regions = [*example_regions(folders), *(name for name, _ in most)]
    facts.groups, facts.scopes = named_groups(trees, whole), named_scopes(trees, whole)
    facts.aws_services = called_services(whole)
    for name in example_names(folders):  # read by a function of the project's own
        if re.search(rf"[\"']{name}[\"']", whole):
            facts.variables.setdefault(name, False)
    facts.examples = {
        name: value
        for name, value in example_values(folders).items()
        if name in facts.variables and not template_for(name)
    }
    schemes = example_schemes(folders)
    domains = {name: login_domain_template(name, whole) for name in facts.variables}
    facts.url_templates = {name: template for name, template in domains.items() if template} | {
        name: url_template(whole, schemes.get(name.upper(), ""))
        for name in facts.variables
        if template_for(name) == PLAIN or name in facts.dsns
    }
    templates = {template_for(name) for name in facts.variables}
    if "{database_host}" in templates and "{database_port}" not in templates:
        facts.variables["PGPORT"] = False  # libpq's own, for addresses that name no port
    made = {name.rpartition(":")[2] for name in factories} | subclasses
    called = [name for root_path in _files(root) for name in _calls_of(root_path, root, made)]
    known = [*_by_likelihood([*instances, *called]), *factories]
    started = [
        path if not path.endswith(":") else next((it for it in known if it.startswith(path)), "")
        for path in started_applications(root, known)
    ]
    facts.applications = list(dict.fromkeys([*filter(None, started), *known]))
    return facts


def _files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).parts
        hidden = any(part.startswith(".") or part in _SKIPPED for part in parts[:-1])
        in_environment = any((parent / "pyvenv.cfg").is_file() for parent in path.parents)
        if not hidden and not in_environment and not parts[-1].startswith(("test_", "apiproof_")):
            yield path


def _read_text(text: str, facts: SourceFacts) -> None:
    facts.has_secret = facts.has_secret or "SECRET_HASH" in text or "SecretHash" in text
    facts.by_email = facts.by_email or bool(re.search(r"Username=[\w.\[\]\"']*email", text))
    for found in _FLOW.findall(text):
        if found not in facts.flows:
            facts.flows.append(found)
    for match in _POOL_ID.finditer(text):
        if match.group() not in facts.pool_ids and not _is_placeholder(match.group()):
            facts.pool_ids.append(match.group())
    facts.client_ids += [
        found for found in _CLIENT_ID.findall(text) if not _is_placeholder(f"_{found}")
    ]
    facts.regions += _REGION.findall(text)


def _is_placeholder(pool_id: str) -> bool:
    tail = pool_id.partition("_")[2].lower()
    return len(set(tail)) < 3 or "example" in tail or "xxxx" in tail


def _read_tree(tree: ast.Module, module: str, facts: SourceFacts) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if any(name.partition(".")[0] in _DATABASES for name in names):
                facts.has_database = True
        elif isinstance(node, ast.Attribute) and node.attr == "create_all":
            facts.creates_tables = True
        elif isinstance(node, ast.ClassDef):
            _read_class(node, module, facts)
        elif isinstance(node, ast.Assign) and _called(node.value) == "declarative_base":
            facts.metadata = facts.metadata or f"{module}:{_target(node)}"
        _read_variable(node, facts)
        _read_credential(node, facts)


def _read_class(node: ast.ClassDef, module: str, facts: SourceFacts) -> None:
    bases = {_name(base) for base in node.bases}
    if "DeclarativeBase" in bases:
        facts.metadata = facts.metadata or f"{module}:{node.name}"
    if any(word.arg == "table" for word in node.keywords):  # SQLModel's
        facts.metadata = facts.metadata or f"{module}:{node.name}"
    if "BaseSettings" in bases:
        _read_settings(node, facts)


def _read_settings(node: ast.ClassDef, facts: SourceFacts) -> None:
    """Take note of the fields of a pydantic-settings class.

    Those that hold JSON (`userpools: dict[...]`) are named only where they have no default.
    """
    prefix = _prefix(node)
    for field_ in node.body:
        if not isinstance(field_, ast.AnnAssign) or not isinstance(field_.target, ast.Name):
            continue
        name = _alias(field_.value) or f"{prefix}{field_.target.id}".upper()
        is_needed = field_.value is None
        empty = _EMPTY.get(_container(field_.annotation))
        if field_.target.id == "model_config" or (empty and not is_needed):
            continue
        facts.variables.setdefault(name, is_needed)
        if empty:
            facts.structured[name] = empty
        elif is_needed:
            _read_type(_container(field_.annotation), name, facts)
        if "PostgresDsn" in ast.dump(field_.annotation):
            facts.dsns.add(name)


def _read_type(kind: str, name: str, facts: SourceFacts) -> None:
    """Take note of a variable that is a number or a truth value; the name may say more."""
    if kind in _PLAIN_TYPES and not template_for(name):
        facts.structured.setdefault(name, _PLAIN_TYPES[kind])


def _container(annotation: ast.expr) -> str:
    """Return the outermost name of an annotation: `dict` of `dict[str, str] | None`."""
    if isinstance(annotation, ast.BinOp):
        return _container(annotation.left)
    if isinstance(annotation, ast.Subscript):
        if _name(annotation.value) in {"Optional", "Annotated"}:
            inner = annotation.slice
            return _container(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
        return _name(annotation.value)
    return _name(annotation)


def _prefix(node: ast.ClassDef) -> str:
    for inner in ast.walk(node):
        if isinstance(inner, ast.keyword) and inner.arg == "env_prefix":
            return str(_constant(inner.value) or "")
        if isinstance(inner, ast.Assign) and _target(inner) == "env_prefix":
            return str(_constant(inner.value) or "")
    return ""


def _alias(value: ast.expr | None) -> str:
    if isinstance(value, ast.Call):
        for word in value.keywords:
            if word.arg in {"alias", "validation_alias", "env"}:
                return str(_constant(word.value) or "")
    return ""


def _read_variable(node: ast.AST, facts: SourceFacts) -> None:
    """Take note of `os.getenv("X")`, `os.environ["X"]`, `config("X")` and the like."""
    if isinstance(node, ast.Subscript) and _name(node.value) == "environ":
        if name := _variable(node.slice):
            facts.variables[name] = True
    elif isinstance(node, ast.Call) and _called(node) in _PLAIN_TYPES and _reads(node):
        _read_type(_called(node), _reads(node), facts)
    elif isinstance(node, ast.Call) and node.args and _called(node) in _READERS:
        owner = _name(node.func.value) if isinstance(node.func, ast.Attribute) else ""
        reads = _called(node) != "get" or owner == "environ"
        if reads and (name := _variable(node.args[0])):
            facts.variables.setdefault(name, False)


def _reads(node: ast.Call) -> str:
    """Return the variable in `int(os.environ["X"])`; empty where there is none."""
    [argument] = node.args if len(node.args) == 1 else [node]
    if isinstance(argument, ast.Subscript) and _name(argument.value) == "environ":
        return _variable(argument.slice)
    return ""


def _read_credential(node: ast.AST, facts: SourceFacts) -> None:
    """Take note of `request.cookies.get("x")`, `request.headers["x"]` and the like."""
    if isinstance(node, ast.Subscript):
        holder, key = node.value, node.slice
    elif isinstance(node, ast.Call) and _called(node) == "get" and node.args:
        holder, key = getattr(node.func, "value", node), node.args[0]
    else:
        return
    place, name = _PLACES.get(_name(holder)), _constant(key)
    if place and isinstance(name, str) and name.lower() != "authorization":
        facts.credentials[place, name] = None


def _variable(node: ast.expr) -> str:
    value = _constant(node)
    return value if isinstance(value, str) and re.fullmatch(r"[A-Z][A-Z0-9_]{2,}", value) else ""


def _instances(tree: ast.Module, module: str) -> list[str]:
    return [
        f"{module}:{_target(node)}"
        for node in tree.body
        if isinstance(node, ast.Assign) and _called(node.value) == "FastAPI" and _target(node)
    ]


def _factories(tree: ast.Module, module: str) -> list[str]:
    return [
        f"{module}:{node.name}"
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and not any(_required(node.args))
        and any(_called(inner) == "FastAPI" for inner in ast.walk(node))
    ]


def _subclasses(tree: ast.Module) -> set[str]:
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(_name(base) == "FastAPI" for base in node.bases)
    }


def _required(arguments: ast.arguments) -> list[ast.arg]:
    return arguments.args[: len(arguments.args) - len(arguments.defaults)]


def _calls_of(path: Path, root: Path, factories: set[str]) -> list[str]:
    """Return what is assigned from a factory at the top of a module: `app = create_app()`."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8", errors="replace"))
    except SyntaxError:
        return []
    module = dotted(path, root)
    return [
        f"{module}:{_target(node)}"
        for node in tree.body
        if isinstance(node, ast.Assign) and _called(node.value) in factories and _target(node)
    ]


def _by_likelihood(paths: list[str]) -> list[str]:
    def rank(path: str) -> tuple[int, bool, int]:
        module, _, name = path.partition(":")
        last = module.rpartition(".")[2]
        return (
            _STARTED.index(last) if last in _STARTED else len(_STARTED),
            name.lower() != "app",
            len(module),
        )

    return sorted(paths, key=rank)


def _called(node: ast.AST) -> str:
    return _name(node.func) if isinstance(node, ast.Call) else ""


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _target(node: ast.Assign) -> str:
    return _name(node.targets[0]) if len(node.targets) == 1 else ""


def _constant(node: ast.AST) -> object:
    return node.value if isinstance(node, ast.Constant) else None
