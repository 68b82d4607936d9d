"""The hook's life: choose the reference, write its files, deploy them, follow the deploy."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from portico.control.git.hook.commit import check_out
from portico.control.git.hook.deploying import follow, say, upload
from portico.control.git.hook.updates import choose, read_updates
from portico.control.git.hook.variables import BRANCHES, INCOMING
from portico.errors import PorticoError


def main() -> int:
    try:
        with tempfile.TemporaryDirectory(dir=os.environ[INCOMING]) as folder:
            update = choose(read_updates(sys.stdin), os.environ[BRANCHES].split())
            tree = Path(folder) / "tree"
            check_out(update.new, tree, Path(folder) / "index")
            deploy = upload(tree, update.new)
        return follow(deploy)
    except PorticoError as error:
        say(f"\n{error}\n")
    except BrokenPipeError:
        pass  # the author has left
    except OSError as error:
        say(
            f"\nThe push could not be deployed.\n{error}\n"
            "Push again; if it happens again, tell the operator of this server.\n"
        )
    return 1


if __name__ == "__main__":
    sys.exit(main())
