"""The program: `apiproof`, and `python -m apiproof`, as a process of its own."""

from apiproof.early_interrupt import end_when_interrupted

# New objects, and collections of the young and of the middle ones, after which there is another.
_COLLECTED_AFTER = (100_000, 20, 20)


def run() -> None:
    """Run the command line, and end the process with its exit code."""
    end_when_interrupted()
    import gc  # noqa: PLC0415  # it is heard first, and whatever is imported comes after that

    from apiproof.quick_end import QuickEnd  # noqa: PLC0415

    end = QuickEnd()
    end.prepare()
    # Imports make objects that last: searches for garbage among them find none.
    gc.set_threshold(*_COLLECTED_AFTER)
    from apiproof.cli import main  # noqa: PLC0415

    try:
        main()
    except SystemExit as ended:
        end.code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        raise


if __name__ == "__main__":
    run()
