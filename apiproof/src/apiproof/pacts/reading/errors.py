"""What can be wrong with a pact file, each said in one line: what, where, what to do."""

from apiproof.errors import UserError


class PactError(UserError):
    """A pact file that cannot be used; its text is one line for the person who named the file."""


class PactNotFound(PactError):
    """Nothing readable at that path."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"{source}: cannot read it ({why}); name a pact file that exists.")


class PactUnparsable(PactError):
    """Not JSON, or not even text."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(
            f"{source}: not JSON ({why}); generate the pact again with the consumer's tests."
        )


class PactTooLarge(PactError):
    """More than any consumer's tests write; it could exhaust whoever reads it."""

    def __init__(self, source: str, what: str) -> None:
        super().__init__(f"{source}: {what}; is it a pact?")


class PactMalformed(PactError):
    """JSON, but not a pact; `where` is the JSON path of what is wrong."""

    def __init__(self, source: str, where: str, why: str) -> None:
        super().__init__(
            f"{source}: not a pact at {where} ({why}); "
            "name the file that the consumer's Pact tests wrote."
        )


class PactEmpty(PactError):
    """A pact without a single interaction, which would pass whatever the provider does."""

    def __init__(self, source: str) -> None:
        super().__init__(
            f"{source}: the pact expects nothing (no interactions); "
            "run the consumer's tests so that they write some."
        )
