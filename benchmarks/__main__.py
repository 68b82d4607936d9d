"""`python -m benchmarks [NAME ...]`: measure, print the table, write results/latest.json."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from benchmarks import (
    apt,
    boot,
    builds,
    conda,
    deploys,
    hostile,
    load,
    many,
    memory,
    pages,
    processes,
    router,
    sandbox,
)
from benchmarks.results import Figure, show, write
from benchmarks.server import Server, running

PARTS: dict[str, Callable[[Server], list[Figure]]] = {
    "memory": memory.figures,
    "sandbox": sandbox.figures,
    "deploys": deploys.figures,
    "builds": builds.figures,
    "conda": conda.figures,
    "apt": apt.figures,
    "load": load.figures,
    "router": router.figures,
    "many": many.figures,
    "pages": pages.figures,
    "processes": processes.figures,
    "boot": boot.figures,
    "hostile": hostile.figures,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument(
        "part", nargs="*", choices=[*PARTS, []], help="what to measure; all by default"
    )
    chosen = parser.parse_args().part or list(PARTS)
    figures: list[Figure] = []
    for name in chosen:
        print(f"Measuring {name} ...", file=sys.stderr)
        with running() as server:
            figures += PARTS[name](server)
    show(figures)
    print(f"Written to {write(figures)}")


if __name__ == "__main__":
    main()
