"""`python -m portico.supervisor`: what `portico server start` becomes."""

from __future__ import annotations

import os
import sys

from portico.errors import PorticoError
from portico.supervisor.request import parse
from portico.supervisor.supervisor import Supervisor


def main() -> int:
    """Run the server in the foreground, or end what a dead supervisor has left."""
    request = parse(sys.argv[1:])
    try:
        supervisor = Supervisor(request)
        if request.stop:
            supervisor.end()
        else:
            supervisor.run()
    except PorticoError as error:
        print(_three_parts(error), file=sys.stderr)
        return 1
    return 0


def _three_parts(error: PorticoError) -> str:
    bold, plain = ("\033[1;31m", "\033[0m") if os.isatty(2) else ("", "")
    arrow = "→" if os.isatty(2) else "Next:"
    return f"{bold}{error.title}{plain}\n{error.detail}\n{arrow} {error.hint}"


if __name__ == "__main__":
    sys.exit(main())
