"""Passports tried at a gate: every one on a request that would succeed with the valid credential.

Refusals are believed only when the valid credential still gets through afterwards, so that what
was refused was the passport, and what was refused was also not done.
"""

from collections.abc import Iterable, Iterator

from apiproof.access.departures import Departures
from apiproof.access.exchange import Answer
from apiproof.access.gates import Gate
from apiproof.access.matrix import Cell, Finding
from apiproof.access.scene import Scene
from apiproof.access.staging import Stage
from apiproof.access.verdict import Trial, judged, untried
from apiproof.jwt import VALID, Ending, Expected, NotMade, Papers, Passport, Presented

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}


class Casting:
    """A scene at a gate, with the passports made for its person; each is made once."""

    def __init__(self, passage: "Passage", gate: Gate, scene: Scene) -> None:
        self._turn = passage.turn
        self.gate = gate
        self.scene = scene
        self._papers = passage.papers(gate, scene)
        self._companions = passage.companions(gate, scene)
        self._made: dict[str, list[Presented]] = {}

    def variants(self, passport: Passport) -> list[Presented]:
        """Return a passport's variants as a request carries them.

        Raises:
            NotMade: It cannot be made with what is at hand.
        """
        if passport.id not in self._made:
            variants = list(passport.make(self._papers))
            if self._turn and variants and passport.expected is Expected.UNAUTHENTICATED:
                variants = [variants[self._turn % len(variants)]]
            self._made[passport.id] = [self._companions.beside(variant) for variant in variants]
        return self._made[passport.id]


class Passage:
    """Tries passports at the gates of a stage.

    With a `turn`, bad credentials are shown in one of their variants instead of all, another one
    at each turn: for gates after the first, where time is short.
    """

    def __init__(self, stage: Stage, lure: str, turn: int = 0) -> None:
        self.turn = turn
        self._stage = stage
        self._departures = Departures(stage)
        self._lure = lure

    def walk(
        self, gate: Gate, passports: Iterable[Passport]
    ) -> Iterator[tuple[Cell, list[Finding]]]:
        """Try passports at a gate; yield a cell and its findings for each.

        Raises:
            Unexercised: There is no request to replay.
        """
        first = Casting(self, gate, self._scene(gate))
        trials: dict[str, Trial] = {}
        for passport in passports:
            try:
                count = len(first.variants(passport))
            except NotMade as reason:
                yield untried(gate, passport, str(reason)), []
                continue
            if passport.ending is not None:
                if not self.turn or self.turn % len(Ending) == list(Ending).index(passport.ending):
                    yield self._ended(gate, passport)
            elif count:
                trials[passport.id] = Trial(passport)
        opened = self._run(gate, first, trials)
        yield judged(gate, Trial(VALID, [opened]), opened)
        reference = self._reference(gate) if gate.optional else None
        for trial in trials.values():
            yield judged(gate, trial, opened, reference)

    def _scene(self, gate: Gate) -> Scene:
        return self._stage.scene(gate.operation, gate.alternative)

    def _run(self, gate: Gate, casting: "Casting", trials: dict[str, Trial]) -> Answer:
        """Send every variant of every trial, then the valid credential; return its answer."""
        for trial in trials.values():
            if self._let_in(casting, trial):
                casting = Casting(self, gate, self._scene(gate))
        opened = self._open(casting.scene)
        if not opened.ok and gate.operation.method not in SAFE:
            for trial in trials.values():
                trial.spoiled = self._spoils(gate, trial)
            opened = self._open(self._scene(gate))
        return opened

    def _open(self, scene: Scene) -> Answer:
        answer = self._stage.caller.send(scene.request, scene.presented)
        if answer.ok:
            self._stage.left(scene.request.operation, scene.person)
        return answer

    def _let_in(self, casting: "Casting", trial: Trial) -> bool:
        """Send a trial's variants up to one that gets in; tell whether it used the scene up."""
        for presented in casting.variants(trial.passport):
            answer = self._stage.caller.send(casting.scene.request, presented)
            trial.answers.append(answer)
            if answer.ok and not casting.gate.optional:
                self._stage.left(casting.gate.operation, casting.scene.person)
                return casting.gate.operation.method not in SAFE
        return False

    def _spoils(self, gate: Gate, trial: Trial) -> bool:
        """Tell whether a refused passport has its request carried out all the same."""
        if any(answer.ok for answer in trial.answers):
            return False
        casting = Casting(self, gate, self._scene(gate))
        for presented in casting.variants(trial.passport):
            self._stage.caller.send(casting.scene.request, presented)
        return not self._open(casting.scene).ok

    def _ended(self, gate: Gate, passport: Passport) -> tuple[Cell, list[Finding]]:
        """Try a genuine credential whose session or account is over."""
        assert passport.ending is not None  # noqa: S101  # the caller's condition, for the types
        scene = self._stage.scene(gate.operation, gate.alternative, self._stage.newcomer())
        try:
            self._departures.end(scene.person, passport.ending)
        except NotMade as reason:
            return untried(gate, passport, str(reason)), []
        answer = self._stage.caller.send(scene.request, scene.presented)
        reference = self._reference(gate) if gate.optional else None
        return judged(gate, Trial(passport, [answer]), None, reference)

    def papers(self, gate: Gate, scene: Scene) -> Papers:
        """Return what passports for a gate are made of, for a scene's person."""
        identities, use = self._stage.identities, gate.use
        return Papers(
            scheme=use.scheme,
            credential=identities.credential(scene.person, use.scheme, use.scopes),
            required=use.scopes,
            known=self._stage.gatehouse.scopes(use.scheme),
            also_open=self._stage.gatehouse.also_open(gate),
            forgery=identities.forgery(scene.person, use.scheme, self._lure),
        )

    def companions(self, gate: Gate, scene: Scene) -> Presented:
        """Return what accompanies the credential in question, all of it valid."""
        presented = Presented(headers=scene.person.headers)
        for place, use in enumerate(gate.alternative):
            if place != gate.index:
                credential = self._stage.identities.credential(scene.person, use.scheme, use.scopes)
                presented = presented.beside(use.scheme.present(credential))
        return presented

    def _reference(self, gate: Gate) -> Answer:
        """Return what a caller without a credential gets, where none is needed."""
        scene = self._scene(gate)
        return self._stage.caller.send(scene.request, Presented(headers=scene.person.headers))
