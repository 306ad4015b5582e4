# ruff: noqa: INP001  # found on the search path by its name, in no package
"""How every Python begins that an environment's processes start, whoever's it is.

`PYTHONPATH` leads here: what a project starts by itself (a script that makes its tables, a worker)
finds AWS's public addresses on this machine, as its parent does. The project's or system's own
`sitecustomize` comes after it, as if this one were not there.
"""

import contextlib
import importlib
import importlib.util
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def _redirect() -> None:
    spec = importlib.util.spec_from_file_location("public_hosts", _HERE.parent / "public_hosts.py")
    assert spec is not None  # noqa: S101  # the file is there
    assert spec.loader is not None  # noqa: S101  # and is Python
    public_hosts = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(public_hosts)
    public_hosts.redirect_for_good()


def _hand_over() -> None:
    """Import the `sitecustomize` that would have been imported without this one."""
    ours = sys.modules.pop(__name__, None)
    before = list(sys.path)
    sys.path[:] = [each for each in before if Path(each or ".").resolve() != _HERE]
    try:
        importlib.import_module(__name__)
    except ModuleNotFoundError as missing:
        if missing.name != __name__:
            raise
        if ours is not None:
            sys.modules[__name__] = ours
    finally:
        sys.path[:] = before


with contextlib.suppress(Exception):  # a Python that is too old for it starts as ever
    _redirect()
_hand_over()
