"""`apiproof faults run`: plant defects, and see which layer notices."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apiproof.commands.serve import ServiceOption

if TYPE_CHECKING:
    from apiproof.faults import Study
    from apiproof.faults.cluster_execution import Execution
    from apiproof.faults.experiment_result import ExperimentResult
    from apiproof.faults.injection import Defect
    from apiproof.faults.matrix import Matrix

REPORTS = Path("reports/faults")
ClusterOption = Annotated[
    str | None,
    typer.Option("--cluster", help="A Dask scheduler's address that does it, or local:4."),
]


def run(  # noqa: PLR0913 - each is an option of the command
    match: Annotated[
        str | None, typer.Option("-k", help="Only defects whose id contains this.")
    ] = None,
    *,
    listing: Annotated[bool, typer.Option("--list", help="List the catalogue.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Let every layer look everywhere, without a budget.")
    ] = False,
    claims: Annotated[
        bool, typer.Option("--claims", help="Only the checks that claim a defect.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget earlier results.")] = False,
    # Two cores, and one more: what defects make slow waits for time-outs most of its time.
    jobs: Annotated[int, typer.Option(min=1, help="Processes at a time.")] = 3,
    study: Annotated[
        str | None, typer.Option(help="The project's Study, as package.module:NAME.")
    ] = None,
    reports: Annotated[Path, typer.Option(help="Where matrix.json and matrix.html go.")] = REPORTS,
    cluster: ClusterOption = None,
    service: ServiceOption = None,
) -> None:
    """Plant each defect of a study in a process of its own, and see which layer notices.

    With --claims, the layers that claim a defect run, of these only the checks that do, and the
    first of them that notices ends it: each defect is caught by name, or not. Without, all layers
    look, for the matrix. Results are kept: an interrupted run goes on where it stopped, until the
    sources change. Exits with 1 if a defect is not caught by a check that claims to, or a layer is
    red without one.
    """
    from apiproof.errors import UserError
    from apiproof.faults.cluster_execution import executor
    from apiproof.faults.study import load_study
    from apiproof.reporting.terminal import console

    if full and claims:
        raise UserError("--full and --claims exclude each other: leave one out.")
    chosen = load_study(study)
    defects = chosen.chosen(match)
    if listing:
        for defect in defects:
            console.print(f"{defect.id}: {defect.story}", markup=False, soft_wrap=True)
        return
    kept = f"outcomes{'-full' if full else '-claims' if claims else ''}.jsonl"
    options = (full, claims, fresh, match is None)
    execution = partial(executor, cluster, study, jobs)
    matrix = _run(chosen, defects, reports / kept, (service, execution), options)
    _tell(matrix, reports, "claims" if claims else "matrix", whole=match is None)
    raise typer.Exit(1 if matrix.failures else 0)


def _run(
    study: "Study",
    defects: "tuple[Defect, ...]",
    kept: Path,
    where: "tuple[str | None, Execution]",
    options: tuple[bool, bool, bool, bool],
) -> "Matrix":
    import time

    from apiproof.faults.experiment import service_name
    from apiproof.faults.experiment_result import ExperimentResults
    from apiproof.faults.matrix import Matrix
    from apiproof.faults.runner import Runner, prepared
    from apiproof.reporting.terminal import console
    from apiproof.result_lines import JsonLines

    service, execution = where
    full, claims, fresh, whole = options
    outcomes = ExperimentResults(JsonLines(kept, study.fingerprint(), fresh=fresh))
    if not whole:
        outcomes.forget(defect.id for defect in defects)
    with (
        prepared(study, service_name(service)) as shared,
        execution() as execute,
    ):
        runner = Runner(study, shared, outcomes, execute, narrow=not full, thorough=not whole)
        if claims:
            console.print("Without a defect:")
            progress = _Progress(len(runner.claims_controls(study.defects)))
            controls = runner.claims_control(study.defects, progress) if whole else []
        elif whole:
            console.print(f"Without a defect, with seeds {', '.join(map(str, study.seeds))}:")
            total = len(study.seeds) * len(study.layers)
            controls = runner.control(_Progress(total), study.seeds)
        else:
            controls = runner.earlier_control()
        console.print(f"{len(defects)} defects:")
        started = time.monotonic()
        progress = _Progress(len(defects))
        if claims:
            found = runner.claims(defects, progress)
        else:
            found = runner.with_profiles(controls).defects(defects, progress)
        seconds = time.monotonic() - started
    by_id = {defect.id: defect for defect in defects}
    rows = {outcome.name: (by_id[outcome.name], outcome) for outcome in found}
    ordered = tuple(rows[defect.id] for defect in defects)
    return Matrix(study, tuple(controls), ordered, seconds)


class _Progress:
    """Tells of each experiment as it ends."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def __call__(self, outcome: "ExperimentResult") -> None:
        from apiproof.reporting.terminal import console

        self._done += 1
        said = [f"{each.layer} {each.detection}" for each in outcome.verdicts if each.first]
        found = ", ".join(said) or ("in trouble" if outcome.trouble else "nothing found")
        number = f"{self._done}/{self._total}"
        console.print(f"  {number} {outcome.name}: {found}, {outcome.seconds:.0f} s", markup=False)


def _tell(matrix: "Matrix", reports: Path, name: str, *, whole: bool) -> None:
    from apiproof.faults.rendering import show, show_one, write_html, write_json
    from apiproof.faults.step import as_step
    from apiproof.reporting.store import save_step
    from apiproof.reporting.terminal import console

    if not whole:
        for defect, outcome in matrix.rows:
            show_one(defect, outcome, console)
    show(matrix, console)
    if whole:
        write_json(matrix, reports / f"{name}.json")
        write_html(matrix, reports / f"{name}.html")
        save_step(as_step(matrix.as_dict()))  # for the next report of `apiproof run`
        console.print(f"Reports: {reports / f'{name}.json'}, {reports / f'{name}.html'}")
