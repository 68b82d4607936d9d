"""`python -m tests.control.pages.gallery`: the page of components, until Ctrl-C."""

from __future__ import annotations

import contextlib
import threading

from tests.control.pages.gallery.serving import standing_alone

with contextlib.suppress(KeyboardInterrupt), standing_alone() as address:
    print(address, flush=True)
    threading.Event().wait()
