"""Answers with its release."""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from talk import talk


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = os.environ["PORTICO_RELEASE"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The numbered lines are enough."""


threading.Thread(target=talk, daemon=True).start()
ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
