"""How far a probe goes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Manner:
    """How far a probe goes.

    Attributes:
        use_up: Whether to call what ends a given account or session for good.
        brief: Whether bad credentials are shown in all their variants at the first gate of a scheme
            only, and in one, ever another, at the rest.
    """

    use_up: bool = False
    brief: bool = False


THOROUGH, BRIEF = Manner(), Manner(brief=True)
