"""Answers with what it was started with."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import hello

NAMES = ("CONDA_DEFAULT_ENV", "CONDA_PREFIX", "GEO_DATA", "GEO_MODE", "LEVEL", "MODE", "PATH")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        document = {name: os.environ.get(name) for name in NAMES}
        document |= {"prefix": sys.prefix, "hello": hello.__file__}
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
