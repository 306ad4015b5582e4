"""The terminal that tables are printed to; it must not know what they say."""

from rich.console import Console

console = Console(highlight=False, soft_wrap=False)
