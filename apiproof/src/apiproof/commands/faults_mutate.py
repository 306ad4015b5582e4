"""`apiproof faults mutate`: how many mutants of the service the suite kills, and which survive."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apiproof.commands.faults_run import ClusterOption
from apiproof.commands.serve import ServiceOption

if TYPE_CHECKING:
    from apiproof.faults import Study
    from apiproof.faults.cluster_execution import Execution
    from apiproof.faults.mutants import Mutant
    from apiproof.faults.mutation import MutantResult
    from apiproof.faults.suppressions import Suppressions

REPORTS = Path("reports/mutation")


def mutate(  # noqa: PLR0913 - each is an option of the command
    match: Annotated[
        str | None, typer.Option("-k", help="Only mutants whose id contains this.")
    ] = None,
    *,
    time: Annotated[float, typer.Option(help="Seconds after which no mutant is begun.")] = 600.0,
    sample: Annotated[int, typer.Option(help="How many mutants at most; 0 for all.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the sample.")] = 0,
    at_least: Annotated[
        float, typer.Option(help="The score below which the session fails.", min=0, max=1)
    ] = 0.9,
    jobs: Annotated[int, typer.Option(min=1, help="Processes at a time.")] = 2,
    study: Annotated[
        str | None, typer.Option(help="The project's Study, as package.module:NAME.")
    ] = None,
    reports: Annotated[Path, typer.Option(help="Where mutation.json goes.")] = REPORTS,
    cluster: ClusterOption = None,
    service: ServiceOption = None,
) -> None:
    """Let the layers of a study, but for yardsticks and pacts, judge a random sample of mutants.

    Exits with 1 when too few were killed, of those that can be told from the original.
    """
    from apiproof.faults.cluster_execution import executor
    from apiproof.faults.study import load_study
    from apiproof.faults.suppressions import Suppressions
    from apiproof.reporting.terminal import console

    chosen = load_study(study)
    suppressions = Suppressions.read(chosen.suppressions)
    drawn = _drawn(chosen, suppressions, seed, match)
    console.print(f"{len(drawn)} mutants of {chosen.package}, one per place; trying them in turn.")
    execution = partial(executor, cluster, study, jobs)
    options = (reports, execution, time)
    results = _run(chosen, suppressions, drawn[: sample or None], service, options)
    raise typer.Exit(_tell(results, suppressions, reports, at_least))


def _drawn(
    study: "Study", suppressions: "Suppressions", seed: int, match: str | None
) -> "list[Mutant]":
    from apiproof.errors import UserError

    try:
        from apiproof.faults.mutants import mutants
    except ImportError:
        raise UserError("Mutants are made by cosmic-ray: pip install cosmic-ray.") from None
    drawn = mutants(study.package, suppressions.outside, seed)
    found = [mutant for mutant in drawn if (match or "") in mutant.id]
    if not found:
        raise UserError(f"There is no mutant of {study.package} with {match!r} in its id.")
    return found


def _run(
    study: "Study",
    suppressions: "Suppressions",
    sample: "list[Mutant]",
    service: str | None,
    options: "tuple[Path, Execution, float]",
) -> "list[MutantResult]":
    from apiproof.faults.experiment import service_name
    from apiproof.faults.experiment_result import ExperimentResults
    from apiproof.faults.mutation import MutantResults, MutantStatus, MutationRun
    from apiproof.faults.runner import Runner, prepared
    from apiproof.reporting.terminal import console
    from apiproof.result_lines import JsonLines

    reports, execution, seconds = options
    layers = tuple(layer for layer in study.layers if layer.name in study.judges)
    sources = study.fingerprint()
    outcomes = ExperimentResults(JsonLines(reports / "traces.jsonl", sources))
    earlier = MutantResults(JsonLines(reports / "results.jsonl", sources))
    results = []
    with prepared(study, service_name(service)) as prepared_here:
        # It forks, which nothing may do that is connected to a cluster.
        shared = Runner(study, prepared_here, outcomes).with_opening().shared
        with execution() as execute:
            runner = Runner(study, shared, outcomes, execute)
            console.print("Looking which test enters which function:")
            traced = runner.traced(
                layers, lambda each: console.print(f"  {each.name}", markup=False)
            )
            known = runner.with_profiles(traced).shared
            for each in MutationRun(known, layers, suppressions, earlier, execute).run(
                sample, seconds
            ):
                results.append(each)
                if each.status is not MutantStatus.KILLED:
                    line = f"  {len(results)} {each.status}: {each.mutant.id}"
                    console.print(line, markup=False, highlight=False, soft_wrap=True)
    return results


def _tell(
    results: "list[MutantResult]", suppressions: "Suppressions", reports: Path, at_least: float
) -> int:
    import json

    from apiproof.faults.mutation import MutantStatus, as_dict, score
    from apiproof.reporting.terminal import console

    reports.mkdir(parents=True, exist_ok=True)
    report = json.dumps(as_dict(results, suppressions), indent=2)
    (reports / "mutation.json").write_text(report + "\n", encoding="utf-8")
    for each in results:
        if each.status is MutantStatus.SURVIVED:
            mutant = each.mutant
            console.print(f"\nsurvived {mutant.path}:{mutant.line}", style="red", markup=False)
            console.print(f"  - {mutant.before}\n  + {mutant.after}", markup=False, soft_wrap=True)
    killed, counted = score(results)
    statuses = {status: sum(each.status is status for each in results) for status in MutantStatus}
    counts_line = ", ".join(f"{count} {status}" for status, count in statuses.items())
    share = killed / counted if counted else 0.0
    console.print(f"\n{len(results)} mutants: {counts_line}.")
    console.print(f"Score: {share:.1%} of {counted}. Report: {reports / 'mutation.json'}")
    return 0 if counted and share >= at_least else 1
