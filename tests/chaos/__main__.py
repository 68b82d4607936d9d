"""`script/chaos [--minutes N] [--seed N] [--blow NAME ...]`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from functools import partial

from tests.chaos.blows import BLOWS
from tests.chaos.rounds import Rounds, names, place, possible, rounds


def main() -> None:
    """Blows until the time is up, or something is not as it should be."""
    arguments = _arguments()
    print(f"seed {arguments.seed}", flush=True)
    with place(arguments.seed) as at:
        for name in BLOWS.keys() - set(possible(at)):
            print(f"not tried here: {name}")
        among = [name for name in possible(at) if not arguments.blow or name in arguments.blow]
        with rounds(at, partial(print, flush=True)) as playing:
            _play(playing, names(at.random, among), time.monotonic() + 60 * arguments.minutes)
    print("Nothing is left of it.")


def _play(rounds: Rounds, blows: Iterator[str], end: float) -> None:
    for number, name in enumerate(blows, start=1):
        if time.monotonic() >= end:
            return
        rounds.play(number, name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/chaos")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--blow", action="append", choices=list(BLOWS), help="only this one")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
