"""The objects that requests are about: what creates one, its id, those seen or given, and none."""

import re
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apiproof.access.fields import fields_of
from apiproof.access.http import Request, Response
from apiproof.openapi.document import Operation
from apiproof.openapi.references import value_at

_IDS = ("id", "uuid", "guid", "slug", "sub")
_LESSER_IDS = ("key", "code", "number", "name")  # an envelope's `code` is no id of what is in it
_OWNER_NAME = re.compile(
    r"^(owner|user|author|creat(ed|or)|account|customer|member)", re.IGNORECASE
)


@dataclass(frozen=True)
class ResourceCreator:
    """An operation that makes an object, and where its answer says the id (empty: look for it)."""

    operation: Operation
    expression: str = ""


@dataclass(frozen=True)
class CreatedResource:
    """An object that a prepared request's user made for a path parameter.

    Attributes:
        parameter: The parameter's name.
        value: The object's id.
        creator: What made it.
        request: How.
        response: Its answer.
    """

    parameter: str
    value: Any
    creator: Operation
    request: Request
    response: Response

    @property
    def collection(self) -> str:
        """The path of what it is one of: that of a POST, or what a PUT's own id stands below."""
        path = self.creator.path.rstrip("/")
        is_put = self.creator.method == "PUT" and path.endswith("}")
        return path.rpartition("/")[0] if is_put else path


def prefix_of(path: str, parameter: str) -> str:
    """Return the part of a path before a parameter: `/x/{id}/y` and `id` give `/x`."""
    return path.partition("/{" + parameter + "}")[0]


def last_word(path: str) -> str:
    """Return a path's last literal segment."""
    words = [part for part in path.split("/") if part and not re.match(r"\{|v\d+$", part)]
    return words[-1] if words else ""


# Words of paths that say what is done, and not to what; the first group makes something.
_BY_USER = re.compile(r"(?<=[a-z])/(by[-_]?)?(user|owner|account|customer|member)s?/\{[^}]+\}/?$")
_MAKING = {"create", "new", "add", "make", "insert", "save", "store", "submit", "generate"}
LISTING = {"list", "all", "search", "find"}
READING = {"get", "show", "view", "read", "fetch", "details", "retrieve"}
REMOVING = {"delete", "remove", "del", "destroy"}
_OTHER = {
    *LISTING,
    *READING,
    *REMOVING,
    *("update", "edit", "change", "modify", "cancel", "approve", "reject"),
}
_BEFORE_NOUN = {"request", "place", "issue", "open", "register", "upload", "start", "apply", "buy"}


def words_of_segment(segment: str) -> list[str]:
    """Return the words of a path's segment: `add_book`, `addBook` and `books.add` have two."""
    return re.split(r"[-_.:]", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", segment).lower())


def words_of_path(path: str) -> set[str]:
    """Return the words of all segments of a path."""
    return {word for part in path.split("/") for word in words_of_segment(part)}


def noun_of(path: str) -> str:
    """Return what a path is about: `/books/add`, `/add_book` and `/books/v1/{id}` give `book`."""
    segments = [part for part in path.split("/") if part and not re.match(r"\{|v\d+$", part)]
    for segment in reversed(segments):
        words = [word for word in words_of_segment(segment) if word not in _MAKING | _OTHER]
        words = [word for word in words if not re.fullmatch(r"v\d+", word)]
        if len(words) > 1 and words[0] in _BEFORE_NOUN:
            words = words[1:]
        if words:
            return singular("_".join(words))
    return ""


def makes_by_name(operation: Operation) -> bool:
    """Whether a path's own words allow that it makes something."""
    return not words_of_path(operation.path) & _OTHER


def singular(word: str) -> str:
    """Return a plural English noun's singular, roughly."""
    for ending, one in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("s", "")):
        if word.endswith(ending):
            return word.removesuffix(ending) + one
    return word


def makes(operation: Operation) -> bool:
    """Whether an operation makes objects: a POST, or a PUT that is declared to answer 201."""
    if operation.method == "POST":
        return True
    return operation.method == "PUT" and "201" in operation.statuses


def adds_to(operation: Operation) -> bool:
    """Whether an operation is about something below an object: its comments, a liking."""
    return bool(operation.path.rpartition("}")[2].strip("/"))


class ResourceCreators:
    """Finds the creators of a document's objects."""

    def __init__(self, operations: list[Operation]) -> None:
        self._operations = operations

    def for_path_parameter(self, operation: Operation, parameter: str) -> list[ResourceCreator]:
        """Return the creators of what a path parameter names, best first."""
        prefix = prefix_of(operation.path, parameter)
        posts = [found for found in self._operations if makes(found)]
        exact = [found for found in posts if found.path == prefix]
        alike = [
            found
            for found in posts
            if found.path != prefix
            and last_word(found.path) == last_word(prefix)
            and not found.path.endswith("}")
        ]
        stem = re.sub(r"([-_]?id|[-_]?uuid|ID|Id)$", "", parameter)
        nouns = {noun_of(prefix), "_".join(words_of_segment(stem))} - {""}
        named = [
            found
            for found in posts
            if found not in [*exact, *alike]
            and not found.path.endswith("}")
            and makes_by_name(found)
            and noun_of(found.path) in nouns
        ]
        found = [ResourceCreator(found) for found in [*exact, *alike, *named] if found != operation]
        return [*self._linked(operation, parameter), *found]

    def for_field(self, name: str) -> list[ResourceCreator]:
        """Return the creators of what a body field or a query parameter such as `x_id` names."""
        stem = re.sub(r"(_id|Id|_uuid)$", "", name)
        if stem == name or not stem:
            return []
        return self.for_nouns({re.sub(r"(?<!^)(?=[A-Z])", "_", stem).lower()})

    def for_nouns(self, nouns: Collection[str]) -> list[ResourceCreator]:
        """Return the creators of what any of some nouns means."""
        return [
            ResourceCreator(found)
            for found in self._operations
            if makes(found)
            and not found.path.endswith("}")
            and makes_by_name(found)
            and {singular(last_word(found.path)).replace("-", "_"), noun_of(found.path)}
            & set(nouns)
        ]

    def key_of(self, creator: Operation) -> str:
        """Return the path parameter by which what is made is read; empty where nothing reads it."""
        above = creator.path.rstrip("/")
        for reader in self._operations:
            parent, _, last = reader.path.rpartition("/")
            if reader.method == "GET" and parent == above and last[:1] == "{":
                return last[1:-1]
        return ""

    def for_list(self, listing: Operation) -> list[ResourceCreator]:
        """Return the creators of what a list shows."""
        posts = [one for one in self._operations if makes(one) and not one.path.endswith("}")]
        posts = [one for one in posts if one != listing]
        path = _BY_USER.sub("", listing.path) or listing.path
        word, noun = last_word(path), noun_of(path)
        alike = [one for one in posts if last_word(one.path) == word]
        named = [one for one in posts if noun and noun_of(one.path) == noun]
        named = [one for one in named if makes_by_name(one)]
        return [ResourceCreator(one) for one in alike or named]

    def _linked(self, operation: Operation, parameter: str) -> Iterator[ResourceCreator]:
        for source in self._operations:
            for response in source.definition.get("responses", {}).values():
                for link in (response.get("links") or {}).values():
                    given = link.get("parameters", {})
                    expression = given.get(parameter) or given.get(f"path.{parameter}")
                    if link.get("operationId") == operation.operation_id and expression:
                        yield ResourceCreator(source, str(expression))


def created_id(
    creator: ResourceCreator,
    response: Response,
    template: str,
    parameter: str,
    request: Request | None = None,
) -> Any:
    """Read the id of a new object from the answer that made it; None when it does not say.

    Args:
        creator: What made it.
        response: Its answer.
        template: The path of the object, up to and with the parameter.
        parameter: The parameter's name.
        request: What made it: an object may be known by what the request called it.
    """
    if creator.expression:
        return _evaluated(creator.expression, response, request)
    found = _member(response.json, _names(template, parameter))
    if found is None:
        found = _from_links(response, template)
    if found is None:
        found = _member(response.json, _LESSER_IDS)
    if found is not None:
        return found
    said = request.content.body if request is not None else None
    if isinstance(said, Mapping):
        names = [parameter, *(name for name in said if parameter.endswith(f"_{name}"))]
        keys = [*names, "title", "slug", "name", "key", "code", "username"]
        return next((said[name] for name in keys if isinstance(said.get(name), str | int)), None)
    return None


def _member(body: Any, names: Iterable[str]) -> str | int | None:
    for holder in _holders(body) if isinstance(body, Mapping) else ():
        for name in names:
            if isinstance(holder.get(name), str | int) and holder[name] != "":
                return holder[name]  # type: ignore[no-any-return]  # as it has been looked at
    return None


def moved_to(made: CreatedResource, write: Request, answer: Response) -> Any:
    """Return the id that an object has after a write; None where it is the same, or not told.

    An object that is known by its title, or by a slug of it, goes by another once that is changed.

    Args:
        made: The object, as its maker was told of it.
        write: What changed it.
        answer: The answer to that.
    """
    names = {path[-1] for path, value in fields_of(made.response.json) if value == made.value}
    names |= {made.parameter}
    natural = {name for name in names if not re.search(r"(^|_)id$|Id$|^(uuid|guid|sub)$", name)}
    for said, keys in ((answer.json, names), (write.content.body, natural)):
        found = [value for path, value in fields_of(said) if path[-1] in keys]
        if made.value in found:
            return None
        if found and isinstance(found[0], str | int):
            return found[0]
    return None


def is_natural(made: CreatedResource) -> bool:
    """Whether an object is known by what its maker has called it, or by a slug of that."""
    texts = (str(value) for _, value in fields_of(made.request.content.body))
    slugs = [re.sub(r"\W|_", "", text).lower() for text in texts]
    key = re.sub(r"\W|_", "", str(made.value)).lower()
    return any(slug and key.startswith(slug) for slug in slugs)


def _holders(body: Mapping[str, Any], depth: int = 2) -> Iterator[Mapping[str, Any]]:
    """Yield an answer and the objects in its envelopes, but for those of people."""
    yield body
    for name, part in body.items():
        inner = part[0] if isinstance(part, list) and len(part) == 1 else part
        if isinstance(inner, Mapping) and depth and not _OWNER_NAME.search(str(name)):
            yield from _holders(inner, depth - 1)


def _names(template: str, parameter: str) -> list[str]:
    word = singular(last_word(template)).replace("-", "_")
    tail = re.sub(rf"^{word}[_-]?", "", parameter, flags=re.IGNORECASE)
    return list(dict.fromkeys([parameter, f"{word}_id", f"{word}Id", tail, *_IDS]))


def _from_links(response: Response, template: str) -> str | None:
    """Read an id from `Location`, or from a link to itself in the body, as HAL has it."""
    pattern = re.compile(re.sub(r"\\\{[^}]*\\\}", "([^/?#]+)", re.escape(template)) + "/?$")
    links = [response.headers.get("location", "")]
    for path, value in fields_of(response.json):
        if path[-1] in _SELF and ("self" in path or len(path) == 1):
            links.append(str(value))
    found = next((match for link in links if (match := pattern.search(link))), None)
    return found.groups()[-1] if found else None


def _evaluated(expression: str, response: Response, request: Request | None) -> Any:
    """Evaluate a runtime expression (OpenAPI 3.1, Runtime Expressions)."""
    source, _, rest = expression.removeprefix("$").partition(".")
    place, _, name = rest.partition(".")
    if source == "request" and request is not None:
        content = request.content
        named = {"path": request.values, "query": content.query, "header": content.headers}
        if place in named:
            return named[place].get(name)
        return value_at(content.body, rest.partition("#")[2])
    if place == "header":
        return response.headers.get(name.lower())
    return value_at(response.json, rest.partition("#")[2])


def shared_values(template: str, path: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the parameters that two paths begin with, whatever each calls them."""
    shared: dict[str, Any] = {}
    for ours, theirs in zip(template.split("/"), path.split("/"), strict=False):
        if ours[:1] == theirs[:1] == "{":
            if ours[1:-1] in values:
                shared[theirs[1:-1]] = values[ours[1:-1]]
        elif ours != theirs:
            break
    return shared


def items_of(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in a JSON value, however deep."""
    if isinstance(value, list):
        for part in value:
            yield from items_of(part)
    elif isinstance(value, Mapping):
        yield value
        for part in value.values():
            yield from items_of(part)


_SELF = ("self", "href", "url", "@id", "uri")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_FAR = 1_000_003


def nonexistent_id(value: Any, number: int = 0) -> Any:
    """Return an id that nothing has.

    Args:
        value: An id that something has: a number, a UUID or a text.
        number: Different numbers give different ids.
    """
    text = str(value)
    if text.isdigit():
        far = int(text) + _FAR + number
        return far if isinstance(value, int) else str(far)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):  # a day on which nothing was
        return f"{1901 + number}{text[4:]}".replace("-02-29", "-02-28")
    if _UUID.fullmatch(text):
        return str(uuid.uuid5(uuid.UUID(text), f"nonexistent id-{number}"))
    if sum(map(str.isdigit, text)) >= _MANY:  # a serial, whose letters may be of a few
        return "".join(_next(letter, number + 1, _DIGITS) for letter in text)
    return "".join(_next(letter, number + 1, _ALPHABETS) for letter in text)


_MANY = 4  # digits, of which another choice names nothing
_DIGITS = (("0", 10),)
_ALPHABETS = (("a", 26), ("A", 26), *_DIGITS)


def _next(letter: str, step: int, ranges: tuple[tuple[str, int], ...]) -> str:
    for first, count in ranges:
        place = ord(letter) - ord(first)
        if 0 <= place < count:
            return chr(ord(first) + (place + step) % count)
    return letter
