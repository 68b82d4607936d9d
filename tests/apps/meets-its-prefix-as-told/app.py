"""Answers 200 only to paths that are as the file `wants` says: with the prefix, or without."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PREFIX = os.environ["PORTICO_PATH_PREFIX"] + "/"
WANTS_PREFIX = Path("wants").read_text().strip() == "prefix"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200 if self.path.startswith(PREFIX) == WANTS_PREFIX else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()


ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
