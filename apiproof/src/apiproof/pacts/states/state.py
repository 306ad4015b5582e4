"""One provider state, read from the signature of the function that brings it about.

The function's first argument is the context; the others, with their annotations and defaults, are
the state's parameters. It returns a dataclass of values, or None; as a generator it yields them,
and what follows the `yield` is its teardown. `Annotated[str, "what it is"]` documents both.
"""

import contextlib
import dataclasses
import difflib
import inspect
import json
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from types import NoneType
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from apiproof.errors import UserError
from apiproof.pacts.states.context import StateContext

_JSON_NAMES = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    NoneType: "null",
}


class StateUnknown(UserError):
    """No such sentence is registered."""


class ParametersInvalid(UserError):
    """The sentence is known, its parameters are not."""


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A parameter as documentation shows it; `default` is JSON, or nothing where it is required."""

    name: str
    type: str
    default: str
    doc: str


@dataclasses.dataclass(frozen=True)
class Value:
    """A value that a state returns, for `${name}` in a consumer's ProviderState generators."""

    name: str
    type: str
    doc: str


@dataclasses.dataclass(frozen=True)
class State:
    """A sentence and the function behind it."""

    sentence: str
    function: Callable[..., Any]

    @property
    def doc(self) -> str:
        """The function's docstring, on one line."""
        return " ".join((self.function.__doc__ or "").split())

    @property
    def has_teardown(self) -> bool:
        """Whether it undoes something by itself, besides the environment being emptied."""
        return inspect.isgeneratorfunction(self.function)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Everything but the context."""
        return tuple(
            _parameter(name, self._hints[name], parameter) for name, parameter in self._signature
        )

    @cached_property
    def values(self) -> tuple[Value, ...]:
        """What it returns."""
        kind = self._hints.get("return", NoneType)
        if self.has_teardown:
            kind = typing.get_args(kind)[0]
        if not dataclasses.is_dataclass(kind):
            return ()
        hints = typing.get_type_hints(kind, include_extras=True)
        return tuple(
            Value(field.name, *_documented(hints[field.name])) for field in dataclasses.fields(kind)
        )

    def check(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Turn a pact's parameters into the function's.

        Raises:
            ParametersInvalid: one is unknown or of another type.
        """
        try:
            return dict(self._model.model_validate(dict(params)))
        except ValidationError as error:
            problems = "; ".join(
                self._problem(str(each["loc"][0]), each["type"], each["msg"])
                for each in error.errors()
            )
            raise ParametersInvalid(f'The state "{self.sentence}" {problems}.') from None

    def enter(self, context: StateContext, params: Mapping[str, Any]) -> dict[str, Any]:
        """Bring it about and return its values; the context will undo it.

        Raises:
            ParametersInvalid: one is unknown or of another type.
        """
        arguments = self.check(params)
        if self.has_teardown:
            manager = contextlib.contextmanager(self.function)
            values = context.teardowns.enter_context(manager(context, **arguments))
        else:
            values = self.function(context, **arguments)
        return {} if values is None else dataclasses.asdict(values)

    def _problem(self, name: str, kind: str, text: str) -> str:
        if kind != "extra_forbidden":
            return f"cannot use its parameter {name!r}: {text}"
        known = [parameter.name for parameter in self.parameters]
        return f"has no parameter {name!r}: {nearest(name, known) or 'it takes none'}"

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return typing.get_type_hints(self.function, include_extras=True)

    @cached_property
    def _signature(self) -> list[tuple[str, inspect.Parameter]]:
        return list(inspect.signature(self.function).parameters.items())[1:]

    @cached_property
    def _model(self) -> type[BaseModel]:
        fields: dict[str, Any] = {
            name: (self._hints[name], ... if each.default is each.empty else each.default)
            for name, each in self._signature
        }
        return create_model("Parameters", __config__=ConfigDict(extra="forbid"), **fields)


_NEAR: Final = 0.75
"""How alike a name must be to be meant: "a parcel exists" is 0.71 like "a user exists"."""


def nearest(name: str, known: list[str]) -> str:
    """Say which known name comes nearest, or list them all; nothing where there is none."""
    lowered = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=_NEAR)
    if close:
        return f"did you mean {lowered[close[0]]!r}?"
    return f"known: {', '.join(known)}" if known else ""


def _parameter(name: str, hint: Any, parameter: inspect.Parameter) -> Parameter:
    kind, doc = _documented(hint)
    default = "" if parameter.default is parameter.empty else json.dumps(parameter.default)
    return Parameter(name, kind, default, doc)


def _documented(hint: Any) -> tuple[str, str]:
    """The type as a reader writes it, and its documentation."""
    if typing.get_origin(hint) is Annotated:
        kind, doc = typing.get_args(hint)[:2]
        return _written(kind), str(doc)
    return _written(hint), ""


def _written(kind: Any) -> str:
    """A type in the words of JSON, as consumers may write any language."""
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is list:
        return f"list of {_written(arguments[0])}s"
    if arguments:
        return " or ".join(map(_written, arguments))
    return _JSON_NAMES.get(kind, str(kind))


_Function = TypeVar("_Function", bound=Callable[..., Any])


class StateRegistry:
    """Every sentence that consumers may name, in the order of registration."""

    def __init__(self) -> None:
        self._states: dict[str, State] = {}

    def state(self, sentence: str) -> Callable[[_Function], _Function]:
        """Register a function; see `apiproof.pacts.states.state` for its signature.

        Args:
            sentence: What consumers write; case and spacing don't matter when it is looked up.

        Raises:
            ValueError: The sentence is taken.
        """

        def register(function: _Function) -> _Function:
            key = _key(sentence)
            if key in self._states:
                raise ValueError(f'The state "{sentence}" is registered twice.')
            self._states[key] = State(sentence, function)
            return function

        return register

    def __iter__(self) -> Iterator[State]:
        return iter(self._states.values())

    def __len__(self) -> int:
        return len(self._states)

    def find(self, sentence: str) -> State:
        """Return a state.

        Raises:
            StateUnknown: It is not registered; the text names the nearest.
        """
        try:
            return self._states[_key(sentence)]
        except KeyError:
            known = [state.sentence for state in self]
            raise StateUnknown(
                f'No provider state "{sentence}": '
                f"{nearest(sentence, known) or 'the provider has none'} "
                "`apiproof pact states` lists them all."
            ) from None

    def check(self, sentence: str, params: Mapping[str, Any]) -> None:
        """Tell whether a state can be brought about, without doing it.

        Raises:
            StateUnknown, ParametersInvalid
        """
        self.find(sentence).check(params)

    def enter(
        self, context: StateContext, sentence: str, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Bring a state about and return its values.

        Raises:
            StateUnknown, ParametersInvalid
        """
        return self.find(sentence).enter(context, params)


def _key(sentence: str) -> str:
    return " ".join(sentence.split()).casefold()
