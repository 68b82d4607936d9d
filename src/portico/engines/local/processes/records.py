"""What the engine remembers of a process on disk, so that the next agent can take it over.

<runtime>/processes/<handle>/record.json   written before the launch, completed after it
                             output        named pipe: the process's stdout and stderr
                             exit.json     bubblewrap's status documents, a line each
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from portico.engines.engine import Endpoint, Instance, Launch
from portico.engines.limits import UNLIMITED, Limits
from portico.engines.local.process_table.pids import Pid

# Raised when a field changes its meaning: then no process is taken over, all of them are ended.
FORMAT = 1


class Pids(BaseModel):
    """The launcher, the first process of the sandbox's pid namespace, and the command."""

    model_config = ConfigDict(frozen=True)

    launcher: Pid
    init: Pid
    command: Pid


class Record(BaseModel):
    """A process. Without `pids` its launch was not seen to succeed.

    Other versions read it too, after an upgrade and on the way back from one: what is new has a
    default, and what is unknown is passed over. tests/test_kept_files.py holds it to that.
    """

    model_config = ConfigDict(frozen=True)

    format: int = Field(default=FORMAT, le=FORMAT)
    boot: str
    handle: str
    app_id: int
    process: str
    release: int
    generation: int
    started_at: float
    user: int | None
    endpoint: Endpoint | None = None
    ready: bool = False
    limits: Limits = UNLIMITED
    pids: Pids | None = None

    @property
    def instance(self) -> Instance:
        return Instance(
            handle=self.handle,
            app_id=self.app_id,
            process=self.process,
            release=self.release,
            generation=self.generation,
            started_at=self.started_at,
            endpoint=self.endpoint,
            pid=self.pids.command.pid if self.pids else None,
            ready=self.ready,
            limits=self.limits,
        )


def new_handle(launch: Launch) -> str:
    """Unique, a safe file name, and telling in `ps`."""
    return f"{launch.app_id}-{launch.process}-{secrets.token_hex(6)}"


class Folder:
    """The folder of one process."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def record(self) -> Path:
        return self.path / "record.json"

    @property
    def output(self) -> Path:
        return self.path / "output"

    @property
    def exit(self) -> Path:
        return self.path / "exit.json"

    def write(self, record: Record) -> None:
        written = self.path / "record.json.new"
        written.write_text(record.model_dump_json())
        written.replace(self.record)

    def read(self) -> Record | None:
        """None when there is none, or not one of this version's."""
        try:
            return Record.model_validate_json(self.record.read_text())
        except (OSError, ValidationError):
            return None

    def open_exit(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        return os.open(self.exit, flags, 0o600)

    def exit_code(self) -> int | None:
        return self._status("exit-code")

    def init_pid(self) -> int | None:
        return self._status("child-pid")

    def _status(self, key: str) -> int | None:
        return next((int(status[key]) for status in self._statuses() if key in status), None)

    def _statuses(self) -> Iterator[dict[str, int]]:
        try:
            lines = self.exit.read_text().splitlines()
        except OSError:
            return
        for line in lines:
            try:
                yield json.loads(line)
            except ValueError:  # cut off: the machine or the disk gave up
                continue

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def folders(processes: Path) -> list[Folder]:
    """All that are there."""
    return [Folder(path) for path in sorted(processes.iterdir())] if processes.is_dir() else []
