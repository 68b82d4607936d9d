"""Django on a free port, in a thread, without a database."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application


class Silent(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def standing_alone() -> Iterator[str]:
    """The page of components without a test around it: its address."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DJANGO_SETTINGS_MODULE"] = "portico.control.settings"
        os.environ["PORTICO_DATA"] = folder
        settings.ROOT_URLCONF = "tests.control.pages.gallery.urls"
        with serving() as address:
            yield f"{address}/-/components"


@contextmanager
def serving() -> Iterator[str]:
    """Its address."""
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Silent) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
