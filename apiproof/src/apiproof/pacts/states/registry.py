"""The provider states of a project, by sentence."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from apiproof.pacts.states.scene import Scene
from apiproof.pacts.states.state import State, StateUnknown, nearest

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
                "`apiproof states` lists them all."
            ) from None

    def check(self, sentence: str, params: Mapping[str, Any]) -> None:
        """Tell whether a state can be brought about, without doing it.

        Raises:
            StateUnknown, ParametersInvalid
        """
        self.find(sentence).check(params)

    def enter(self, scene: Scene, sentence: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Bring a state about and return its values.

        Raises:
            StateUnknown, ParametersInvalid
        """
        return self.find(sentence).enter(scene, params)


def _key(sentence: str) -> str:
    return " ".join(sentence.split()).casefold()
