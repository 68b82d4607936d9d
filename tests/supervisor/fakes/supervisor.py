"""The real supervisor over the stand-ins; what `python -m portico.supervisor` is otherwise."""

import sys
from pathlib import Path

from portico.supervisor import __main__ as program
from portico.supervisor import supervisor
from portico.supervisor.programs import Commands

here = Path(__file__).resolve()
python = (sys.executable, "-I")
commands = Commands(
    supervisor=(*python, str(here)),
    web=(*python, str(here.with_name("web.py"))),
    agent=(*python, str(here.with_name("agent.py"))),
    end=(*python, str(here.with_name("agent.py")), "--end"),
)
program.Supervisor = lambda request: supervisor.Supervisor(request, commands)
sys.exit(program.main())
