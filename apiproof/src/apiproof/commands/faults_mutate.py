"""`apiproof faults mutate`: how many mutants of the service the suite kills, and which survive."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apiproof.commands.serve import ServiceOption

if TYPE_CHECKING:
    from apiproof.faults import Study
    from apiproof.faults.mutants import Mutant
    from apiproof.faults.mutation import Judged
    from apiproof.faults.suppressions import Excuses

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
    service: ServiceOption = None,
) -> None:
    """Let the layers of a study, but for yardsticks and pacts, judge a random sample of mutants.

    Exits with 1 when too few were killed, of those that can be told from the original.
    """
    from apiproof.faults.study import load_study
    from apiproof.faults.suppressions import Excuses
    from apiproof.reporting.terminal import console

    chosen = load_study(study)
    excuses = Excuses.read(chosen.excuses)
    drawn = _drawn(chosen, excuses, seed, match)
    console.print(f"{len(drawn)} mutants of {chosen.package}, one per place; trying them in turn.")
    judged = _judged(chosen, excuses, drawn[: sample or None], service, (reports, jobs, time))
    raise typer.Exit(_tell(judged, excuses, reports, at_least))


def _drawn(study: "Study", excuses: "Excuses", seed: int, match: str | None) -> "list[Mutant]":
    from apiproof.errors import UserError

    try:
        from apiproof.faults.mutants import mutants
    except ImportError:
        raise UserError("Mutants are made by cosmic-ray: pip install cosmic-ray.") from None
    drawn = mutants(study.package, excuses.outside, seed)
    found = [mutant for mutant in drawn if (match or "") in mutant.id]
    if not found:
        raise UserError(f"There is no mutant of {study.package} with {match!r} in its id.")
    return found


def _judged(
    study: "Study",
    excuses: "Excuses",
    sample: "list[Mutant]",
    service: str | None,
    options: tuple[Path, int, float],
) -> "list[Judged]":
    from apiproof.faults.experiment import service_name
    from apiproof.faults.mutation import Fate, Judgements, Session
    from apiproof.faults.result_store import Lines, Outcomes
    from apiproof.faults.runner import Runner, prepared
    from apiproof.reporting.terminal import console

    reports, jobs, seconds = options
    layers = tuple(layer for layer in study.layers if layer.name in study.judges)
    sources = study.fingerprint()
    outcomes = Outcomes(Lines(reports / "traces.jsonl", sources))
    earlier = Judgements(Lines(reports / "judged.jsonl", sources))
    judged = []
    with prepared(study, service_name(service)) as ground:
        runner = Runner(study, ground, outcomes, jobs)
        console.print("Looking which test enters which function:")
        traced = runner.traced(layers, lambda each: console.print(f"  {each.name}", markup=False))
        session = Session(runner.taught(traced).aware().ground, layers, excuses, earlier, jobs)
        for each in session.judge(sample, seconds):
            judged.append(each)
            if each.fate is not Fate.KILLED:
                line = f"  {len(judged)} {each.fate}: {each.mutant.id}"
                console.print(line, markup=False, highlight=False, soft_wrap=True)
    return judged


def _tell(judged: "list[Judged]", excuses: "Excuses", reports: Path, at_least: float) -> int:
    import json

    from apiproof.faults.mutation import Fate, as_dict, score
    from apiproof.reporting.terminal import console

    reports.mkdir(parents=True, exist_ok=True)
    report = json.dumps(as_dict(judged, excuses), indent=2)
    (reports / "mutation.json").write_text(report + "\n", encoding="utf-8")
    for each in judged:
        if each.fate is Fate.SURVIVED:
            mutant = each.mutant
            console.print(f"\nsurvived {mutant.path}:{mutant.line}", style="red", markup=False)
            console.print(f"  - {mutant.before}\n  + {mutant.after}", markup=False, soft_wrap=True)
    killed, counted = score(judged)
    fates = {fate: sum(each.fate is fate for each in judged) for fate in Fate}
    told = ", ".join(f"{count} {fate}" for fate, count in fates.items())
    share = killed / counted if counted else 0.0
    console.print(f"\n{len(judged)} mutants: {told}.")
    console.print(f"Score: {share:.1%} of {counted}. Report: {reports / 'mutation.json'}")
    return 0 if counted and share >= at_least else 1
