"""What the doctor says, what takes the disk, and which versions there are; for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from portico.control.access.deciding import Verb
from portico.control.api.access import caller_of
from portico.control.api.documents import ProblemDocument
from portico.control.examining.asking import asking
from portico.control.examining.known import Examined, Known, examined

router = Router(tags=["server"])


class CheckDocument(Schema):
    """`how` to turn it on; the server cannot work without what is `needed`."""

    name: str
    on: bool
    how: str
    needed: bool


class PartDocument(Schema):
    """`looking`: the agent is at it; `problem`: why its last try has failed."""

    found_at: datetime | None
    looking: bool
    problem: ProblemDocument | None

    @classmethod
    def part(cls, known: Known) -> dict[str, Any]:
        problem = ProblemDocument(**known.problem) if known.problem else None
        return {"found_at": known.found_at, "looking": known.looking, "problem": problem}


class MachineDocument(PartDocument):
    """`checks` is null until the agent has looked."""

    as_root: bool | None
    checks: list[CheckDocument] | None


class Named(Schema):
    name: str
    bytes: int


class KeptRelease(Schema):
    build: int
    versions: list[int]
    bytes: int


class AppOnDisk(Schema):
    id: int
    name: str
    releases: list[KeptRelease]
    bytes: dict[str, int]
    total: int


class EnvironmentUser(Schema):
    app: str
    build: int
    versions: list[int]


class EnvironmentOnDisk(Named):
    app: str | None
    used_by: list[EnvironmentUser]


class DiskUse(Schema):
    """Bytes; what is linked from several places counts once, so they add up to `total`."""

    data: str
    total: int
    free: int
    apps: list[AppOnDisk]
    environments: list[EnvironmentOnDisk]
    caches: list[Named]
    pythons: list[Named]
    stacks: list[Named]
    server: list[Named]


class DiskDocument(PartDocument):
    """`use` is null until the agent has looked."""

    use: DiskUse | None


class ExaminationDocument(Schema):
    agent_here: bool
    machine: MachineDocument
    disk: DiskDocument
    versions: dict[str, str]

    @classmethod
    def of(cls, known: Examined) -> ExaminationDocument:
        machine = known.machine.document or {"as_root": None, "checks": None}
        use = DiskUse(**known.disk.document) if known.disk.document else None
        return cls(
            agent_here=known.agent_here,
            machine=MachineDocument(
                **PartDocument.part(known.machine),
                as_root=machine["as_root"],
                checks=machine["checks"],
            ),
            disk=DiskDocument(**PartDocument.part(known.disk), use=use),
            versions=dict(known.versions),
        )


@router.get("/server/examination", response=ExaminationDocument)
def show_examination(request: HttpRequest) -> ExaminationDocument:
    """As the agent has last told it; it is asked to look again when that is old."""
    caller_of(request).require(Verb.ADMINISTER)
    return ExaminationDocument.of(examined())


@router.post("/server/examination", response={202: ExaminationDocument})
def examine(request: HttpRequest) -> Status[ExaminationDocument]:
    """Ask the agent to look again now; what it finds is in the answers to GET soon."""
    caller_of(request).require(Verb.ADMINISTER)
    asking.ask()
    return Status(202, ExaminationDocument.of(examined()))
