"""What a consumer team waits for: a verification, a comparison, a diff, of big documents as well.

`nox -s bench -- contracts --old OLD --new NEW` compares two documents of one's own besides.
GitHub's are those of two versions of `@octokit/openapi`, which npm fetches; nothing is kept.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.table import Table

from apiproof.contract_diff.document import diff
from apiproof.contract_diff.pact import Comparison
from apiproof.pacts.reading import load_pact
from apiproof.reporting.terminal import console

PACTS = Path("pacts")
DOCUMENT = Path("openapi.json")
GITHUB = ("19.1.0", "23.0.2")
"""Versions of `@octokit/openapi`."""
MEMBER = "package/generated/api.github.com.json"


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def apiproof(expected: int, *arguments: str) -> Callable[[], None]:
    """Return a call of the command; another exit code would be a measurement of something else."""

    def call() -> None:
        command = [sys.executable, "-m", "apiproof", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # ours
        if done.returncode != expected:
            sys.exit(f"apiproof {' '.join(arguments)} ended with {done.returncode}: {done.stdout}")

    return call


def compare_all(document: dict[str, object]) -> None:
    comparison = Comparison(document)
    for path in sorted(PACTS.glob("*.json")):
        comparison.findings(load_pact(path))


def fetched(version: str, folder: Path) -> Path:
    """Return GitHub's document from a version of a package; npm fetches it."""
    command = ["npm", "pack", f"@octokit/openapi@{version}", "--silent"]
    packed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603  # a pinned version
    path = folder / f"github-{version}.json"
    with tarfile.open(folder / packed.stdout.strip().splitlines()[-1]) as archive:
        member = archive.extractfile(MEMBER)
        path.write_bytes(member.read() if member else b"")
    return path


def recursive(size: int, kind: str) -> dict[str, object]:
    """Return a document of schemas that each refer to all others."""
    names = [f"Node{number}" for number in range(size)]
    links = {name: {"$ref": f"#/components/schemas/{name}"} for name in names}
    schemas = {name: {"properties": {**links, "value": {"type": kind}}} for name in names}
    content = {"application/json": {"schema": links[names[0]]}}
    post = {"requestBody": {"content": content}, "responses": {"200": {"content": content}}}
    paths = {"/nodes": {"post": post}}
    return {"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}


def measured(old: Path, new: Path) -> list[str]:
    """Return CPU seconds, MB at most and lines of one diff, in a process of its own."""
    command = [sys.executable, "-m", "apiproof", "openapi", "diff", str(old), str(new)]
    with TemporaryDirectory() as folder, Path(folder, "out").open("w+") as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)  # noqa: S603  # ours
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    figures = (
        f"{used.ru_utime + used.ru_stime:.1f}",
        f"{used.ru_maxrss / 1024:.0f}",
        str(text.count("\n")),
    )
    return [*figures, text.strip().rpartition("\n")[2]]


def big_documents(pairs: dict[str, tuple[Path, Path]]) -> None:
    drawn = Table("documents", "CPU s", "MB", "lines", "result", title="`diff` of big documents")
    with TemporaryDirectory() as name:
        folder = Path(name)
        if shutil.which("npm"):
            github = tuple(fetched(version, folder) for version in GITHUB)
            pairs = {f"GitHub, {' to '.join(GITHUB)}": (github[0], github[1]), **pairs}
        else:
            drawn.add_row("GitHub", "-", "-", "-", "not measured: npm is not here")
        for size in (12, 18, 24, 40):
            both = [folder / f"{size}-{kind}.json" for kind in ("string", "integer")]
            for path, kind in zip(both, ("string", "integer"), strict=True):
                path.write_text(json.dumps(recursive(size, kind)), "utf-8")
            pairs[f"{size} mutually recursive schemas"] = both[0], both[1]
        for title, (old, new) in pairs.items():
            drawn.add_row(title, *measured(old, new))
    console.print(drawn)


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="nox -s bench -- contracts")
    parser.add_argument("--old", type=Path)
    parser.add_argument("--new", type=Path)
    chosen = parser.parse_args(arguments)
    small_documents()
    both = (chosen.old, chosen.new)
    big_documents({chosen.new.name: both} if all(both) else {})


def small_documents() -> None:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    changed = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    del changed["paths"]["/randoms"]["post"]
    pact = json.loads(next(iter(sorted(PACTS.glob("*web*.json")))).read_text(encoding="utf-8"))
    drawn = Table("what", "seconds", title="Contracts")
    with TemporaryDirectory() as folder:
        ten, none = Path(folder) / "ten.json", Path(folder) / "none.json"
        ten.write_text(json.dumps({**pact, "interactions": pact["interactions"][:10]}), "utf-8")
        none.write_text("{}", "utf-8")
        timed = {
            "cold `pact verify` of ten interactions": apiproof(0, "pact", "verify", str(ten)),
            "cold `pact verify` that refuses a file": apiproof(2, "pact", "verify", str(none)),
            "`compare` of all pacts, after imports": lambda: compare_all(document),
            "`diff` of the document, after imports": lambda: diff(document, changed),
        }
        for name, work in timed.items():
            drawn.add_row(name, f"{seconds(work):.2f}")
    console.print(drawn)


if __name__ == "__main__":
    main(sys.argv[1:])
