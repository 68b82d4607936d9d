"""`python -m script.vm FOLDER [STEP... | pytest PATH...]`, see script/test-vm."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from script.vm import image, story
from script.vm.container import Container
from script.vm.machine import Machine

KINDS = {"machine": Machine, "container": Container}


def main(folder: Path, words: list[str]) -> None:
    kind = os.environ.get("VM_KIND", "machine")
    if not (folder / "root").exists():
        image.make(folder, os.environ.get("VM_SUITE", "trixie"))
    if kind == "machine" and not (folder / "disk.raw").exists():
        image.write_disk(folder)
    machine = KINDS[kind](folder)
    try:
        image.say("Booting")
        machine.boot()
        if words[:1] == ["pytest"]:
            story.pytest(machine, words[1:])
        else:
            story.tell(machine, words or list(story.STEPS))
    finally:
        machine.power_off()
    image.say("Passed")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
