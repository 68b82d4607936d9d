"""A plugin of pytest's: all tests run in the namespace of their user's subordinate ids.

It is given with -p, so it is there before anything has started a thread.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from portico.engines.local.subordinate import enter
from portico.layout import Layout

if why_not := enter(Layout(Path(os.environ["HOME"]) / "data")):
    sys.exit(f"{why_not.found} {why_not.hint}")
