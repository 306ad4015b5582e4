"""The project's sessions: `nox -s NAME -- ARGUMENTS`; `nox -l` lists them.

All sessions share one environment, `.nox/shared`, made with uv where it is installed and with
virtualenv elsewhere, from `constraints.txt`. It is rebuilt when the pins or the Python change.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))

from tests import floor_versions  # noqa: E402
from tests.same_inputs import passed_before  # noqa: E402

VENV = ROOT / ".nox" / "shared"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
REPORTS = ROOT / "reports"
CODE = ("api", "apiproof", "examples", "tests", "noxfile.py")
KIT = ROOT / "apiproof"
LIVE = "tests/contract/live"
WORKERS = ("-n", "2", "--dist", "worksteal")
# What a project that wants the emulator alone must not get.
LEFT_OUT = {"randomizer-api", "schemathesis", "pact-python", "uvicorn", "hypothesis", "fastapi"}
KIT_BENCHMARKS = ("cognito",)  # the others measure the service
PYTHONS = ("3.11", "3.12", "3.13")
INPUTS = ("pyproject.toml", "apiproof/pyproject.toml", "constraints.txt")

nox.options.default_venv_backend = "none"  # one environment for all: see `install`
nox.options.sessions = ["tests"]
nox.needs_version = ">=2026.10"


def install(session: nox.Session) -> None:
    """Install the project and its pinned tools into the shared environment, unless up to date."""
    pins = [(ROOT / name).read_bytes() for name in INPUTS]
    wanted = hashlib.sha256(b"\0".join([sys.version.encode(), *pins])).hexdigest()
    stamp = VENV / "installed"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    session.log("Installing the pinned tools into .nox/shared (once; a minute or two without uv).")
    shutil.rmtree(VENV, ignore_errors=True)
    what = ("-c", str(ROOT / "constraints.txt"), "-e", f"{KIT}[all]", "-e", f"{ROOT}[dev]")
    if uv := shutil.which("uv"):
        session.run(uv, "venv", "-q", "--python", sys.executable, str(VENV), external=True)
        session.run(
            uv,
            "pip",
            "install",
            "-q",
            "--compile-bytecode",
            "--python",
            str(BIN / "python"),
            *what,
            external=True,
        )
    else:
        session.run(sys.executable, "-m", "virtualenv", "-q", str(VENV), external=True)
        session.run(str(BIN / "python"), "-m", "pip", "install", "-q", *what, external=True)
    stamp.write_text(wanted, encoding="utf-8")


def run(
    session: nox.Session, program: str, *arguments: str, folder: Path = ROOT, **environment: str
) -> None:
    """Run a program of the shared environment, from the project's root or the kit's."""
    install(session)
    session.chdir(folder)
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    session.run(
        str(BIN / program),
        *arguments,
        external=True,
        env={
            "PATH": path,
            "VIRTUAL_ENV": str(VENV),
            "PYTHONHASHSEED": "0",
            # Hundreds of processes start in a run of the tests: none is to compile again.
            "PYTHONDONTWRITEBYTECODE": "",
            **environment,
        },
    )


@nox.session
def verify(session: nox.Session) -> None:
    """The main job: fuzz the running API, probe access, verify pacts, check openapi.json."""
    run(session, "apiproof", "run", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """All tests of service and kit, on two workers, with the coverage gate; or what is named.

    The kit's own are left out where the very same kit passed here before (`tests.same_inputs`).
    """
    if session.posargs:
        run(session, "pytest", *session.posargs)
        return
    if when := passed_before(ROOT, os.environ).when():
        session.warn(f"Left out: the kit's own tests. They passed here at {when}, and nothing that")
        session.warn("they are made of has changed since. `nox -s kit` runs them; CI=true does.")
    else:
        whole_kit(session)
    run(session, "pytest", *WORKERS, f"--ignore={LIVE}", "--operation-coverage=require")
    run(session, "pytest", *WORKERS, LIVE)  # by itself: what it measures, others would disturb


@nox.session
def kit(session: nox.Session) -> None:
    """The kit's own tests, all of them on two workers; or arguments to pytest, from `apiproof`."""
    if session.posargs:
        run(session, "pytest", *session.posargs, folder=KIT)
    else:
        whole_kit(session)


def whole_kit(session: nox.Session) -> None:
    """Run all of the kit's own tests, and note that they passed."""
    before = passed_before(ROOT, os.environ)
    before.forget()
    run(session, "pytest", *WORKERS, folder=KIT)
    before.remember(passed_before(ROOT, os.environ).digest)


@nox.session
def floors(session: nox.Session) -> None:
    """Run what old libraries may break at the kit's lowest versions, on each Python found (uv)."""
    found = [version for version in PYTHONS if _interpreter(version)]
    session.log(f"Pythons: {', '.join(found)}; not here: {', '.join(set(PYTHONS) - set(found))}")
    for version in found:
        folder = ROOT / ".nox" / "floors" / version
        uv = ["uv", "venv", "-q", "--clear", "--python", _interpreter(version), str(folder)]
        session.run(*uv, external=True)
        python = str(folder / "bin" / "python")
        lowest = ["--resolution", "lowest-direct"]
        for name in floor_versions.COMPILED:  # the lowest with a wheel for this Python
            lowest += ["--only-binary", name]
        session.run(
            *("uv", "pip", "install", "-q", "--python", python, *lowest),
            *("-e", f"{KIT}[all]", *floor_versions.BESIDE),
            external=True,
        )
        session.chdir(KIT)
        # Old libraries warn of themselves, which is no finding.
        options = ["-q", "-n", "2", "-o", "filterwarnings=", "-p", "no:cacheprovider"]
        session.run(
            *(python, "-m", "pytest", *options, *floor_versions.TESTS),
            *("-k", floor_versions.SELECTION),
            external=True,
        )


def _interpreter(version: str) -> str:
    """Return the path of an installed Python, found by uv or pyenv; empty where there is none."""
    command = ["uv", "python", "find", "--no-python-downloads", "--no-project", version]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # uv
    ours = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    return done.stdout.strip() or str(next(iter(ours), ""))


@nox.session
def light(session: nox.Session) -> None:
    """Install the Cognito emulator alone into an empty environment; run README's example there."""
    folder = ROOT / ".nox" / "light"
    shutil.rmtree(folder, ignore_errors=True)
    python = folder / "venv" / BIN.name / "python"
    run(session, "python", "-m", "tests.test_readme", str(folder / "project"), folder=KIT)
    run(session, "python", "-m", "virtualenv", "-q", str(folder / "venv"))
    pip = ("-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt"))
    session.run(str(python), *pip, f"{KIT}[cognito]", "pytest", external=True)
    listed = session.run(
        str(python), "-m", "pip", "list", "--format=freeze", external=True, silent=True
    )
    names = {line.partition("==")[0].lower() for line in str(listed).splitlines()}
    if heavy := names & LEFT_OUT:
        session.error(f"apiproof[cognito] brings {', '.join(sorted(heavy))}")
    session.chdir(folder / "project")
    session.run(
        str(python), "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", ".", external=True
    )
    session.run(str(python), "-m", "apiproof", "cognito", "--help", external=True, silent=True)
    size = sum(path.stat().st_size for path in (folder / "venv").rglob("*") if path.is_file())
    session.log(f"{len(names)} packages, {size / 2**20:.0f} MB in all.")


@nox.session
def contract(session: nox.Session) -> None:
    """The contract suite: Schemathesis in-process, access, documents, pacts."""
    run(session, "pytest", "tests/contract", *session.posargs)


@nox.session
def live(session: nox.Session) -> None:
    """The service in a process of its own: many clients, network faults, forced orders."""
    arguments = session.posargs or ["-n", "2"]
    run(session, "pytest", LIVE, *arguments)


@nox.session(name="property")
def property_(session: nox.Session) -> None:
    """The property suite; `-- --hypothesis-profile=deep` explores for hours."""
    run(session, "pytest", "tests/property", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Start the API and drive the Schemathesis command line at it; `-- --max-time 600` goes on."""
    run(session, "apiproof", "fuzz", *session.posargs)


@nox.session
def pacts(session: nox.Session) -> None:
    """Verify pact files; `-- PACT...` takes files, directories and URLs (default: pacts/)."""
    run(session, "apiproof", "pact", "verify", *(session.posargs or ["pacts"]))


@nox.session
def openapi(session: nox.Session) -> None:
    """Write openapi.json; `-- --check` compares, `-- --against REV` finds breaking changes."""
    if session.posargs[:1] != ["--against"]:
        run(session, "python", "-m", "api.openapi_cli", *session.posargs)
        return
    if len(session.posargs) != 2:
        session.error("--against takes one git revision: nox -s openapi -- --against v1.0.0")
    revision = session.posargs[1]
    show = ["git", "-C", str(ROOT), "show", f"{revision}:openapi.json"]
    shown = subprocess.run(show, capture_output=True, text=True, check=False)  # noqa: S603  # git
    if shown.returncode:
        session.error(f"{revision} has no openapi.json: {shown.stderr.strip()}")
    REPORTS.mkdir(exist_ok=True)
    old = REPORTS / "openapi-before.json"
    old.write_text(shown.stdout, encoding="utf-8")
    run(session, "apiproof", "openapi", "diff", str(old), "openapi.json", "--pacts", "pacts")


@nox.session
def docs(session: nox.Session) -> None:
    """Write the reference from the code and build the site strictly: a bad link fails."""
    run(session, "python", "-m", "tests.docs_reference")
    folder = ROOT / ".nox" / "docs" / "site"
    site = folder / "bin" / "mkdocs"
    if not site.is_file():
        session.run(sys.executable, "-m", "venv", str(folder), external=True)
        pip = (str(folder / "bin" / "python"), "-m", "pip", "install", "-q")
        session.run(*pip, "-r", str(ROOT / "docs" / "requirements.txt"), external=True)
    session.run(str(site), "build", "--strict", external=True)


@nox.session
def examples(session: nox.Session) -> None:
    """Prove the example service of another shape, as its own project would."""
    run(session, "apiproof", "run", *session.posargs, folder=ROOT / "examples" / "lists")


@nox.session(name="consumers-web")
def consumers_web(session: nox.Session) -> None:
    """Run the JavaScript consumer's tests and generate its pact (needs Node.js 20+)."""
    if not shutil.which("npm"):
        session.skip("Node.js is missing: install Node 20+ to run the JavaScript consumer's tests.")
    session.chdir(ROOT / "tests" / "contract" / "consumers" / "web")
    session.run("npm", "ci", "--no-audit", "--no-fund", external=True)
    session.run("npm", "test", external=True)


@nox.session(name="cognito-js")
def cognito_js(session: nox.Session) -> None:
    """Travel through the emulator with the AWS SDK, Amplify and identity-js (needs Node.js 20+)."""
    if not shutil.which("npm"):
        session.skip(
            "Node.js is missing: install Node 20+ to travel with the clients in JavaScript."
        )
    run(session, "python", "-m", "tests.cognito.journey", "sdk", "clients", folder=KIT)


@nox.session(name="cognito-browser")
def cognito_browser(session: nox.Session) -> None:
    """Sign in on the Cognito emulator's page in a real browser (needs Node.js 20+ and Chromium)."""
    browsers = ("chromium", "chromium-browser", "google-chrome")
    if not shutil.which("npm") or not any(map(shutil.which, browsers)):
        session.skip("Node.js or Chromium is missing: install both to sign in with a browser.")
    run(session, "python", "-m", "tests.cognito.journey", "browser", folder=KIT)


MINISTACK = "1.5.33"


@nox.session
def ministack(session: nox.Session) -> None:
    """Run the behaviours of the emulator against MiniStack, and keep what was seen (network)."""
    folder = ROOT / ".nox" / "ministack"
    session.run(sys.executable, "-m", "venv", "--clear", str(folder), external=True)
    pip = (str(folder / "bin" / "python"), "-m", "pip", "install", "-q")
    session.run(*pip, f"ministack=={MINISTACK}", external=True)
    command = str(folder / "bin" / "ministack")
    run(session, "python", "-m", "tests.cognito.ministack", command, MINISTACK, folder=KIT)


@nox.session(name="moto-suite")
def moto_suite(session: nox.Session) -> None:
    """Run moto's own Cognito tests against the emulator; `-- FOLDER` is a checkout of moto."""
    folders = [str(Path(argument).resolve()) for argument in session.posargs]
    run(session, "python", "-m", "tests.cognito.moto_suite", *folders, folder=KIT)


@nox.session
def compare(session: nox.Session) -> None:
    """Run compare and diff beside the npm tools that do the like (needs Node.js 20+)."""
    if not shutil.which("npm"):
        session.skip("Node.js is missing: install Node 20+ to run the npm tools beside ours.")
    run(
        session,
        "python",
        "-m",
        "tests.contract_diff.pact.side_by_side",
        *session.posargs,
        folder=KIT,
    )
    run(
        session,
        "python",
        "-m",
        "tests.contract_diff.document.side_by_side",
        *session.posargs,
        folder=KIT,
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting with ruff."""
    run(session, "ruff", "check", *CODE)
    run(session, "ruff", "format", "--check", *CODE)


@nox.session
def typecheck(session: nox.Session) -> None:
    """Check types with mypy, strict, on two cores."""
    run(session, "mypy", "--num-workers", "2", *session.posargs)
    run(session, "mypy", "--num-workers", "2", *session.posargs, folder=KIT)


@nox.session
def serve(session: nox.Session) -> None:
    """Run the API with everything embedded, until Ctrl+C; `-- --port 8000`."""
    run(session, "apiproof", "serve", *session.posargs)


@nox.session
def sensitivity(session: nox.Session) -> None:
    """Plant every defect, see which layer notices; `-- -k ID` shows one; `-- --claims` is short."""
    run(session, "apiproof", "faults", "run", *session.posargs)


@nox.session
def mutation(session: nox.Session) -> None:
    """Let the suites judge mutants by cosmic-ray for ten minutes; `-- --time 60 --seed 1`."""
    run(session, "apiproof", "faults", "mutate", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Print the benchmarks' ratios, side by side in one run."""
    kits = [name for name in session.posargs if name in KIT_BENCHMARKS]
    ours = [name for name in session.posargs if name not in KIT_BENCHMARKS]
    if ours or not session.posargs:
        run(session, "python", "-m", "tests.bench", *ours)
    if kits or not session.posargs:
        run(session, "python", "-m", "tests.bench", *kits, folder=KIT)


@nox.session
def pin(session: nox.Session) -> None:
    """Write constraints.txt anew (needs uv); it names no index host."""
    options = "--universal --all-extras --no-annotate --no-header --no-emit-index-url"
    session.run(
        "uv", "pip", "compile", "--upgrade", *options.split(), "--python-version", "3.11",
        "pyproject.toml", "apiproof/pyproject.toml", "-o", "constraints.txt", external=True,
    )  # fmt: skip
