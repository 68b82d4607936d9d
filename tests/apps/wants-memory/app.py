"""Uses up memory where the path says so: in a child at /child, itself at /itself, or at its start."""

import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BOMB = "held = [bytearray(1 << 20) for _ in range(100_000)]"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.endswith("/child"):
            subprocess.run([sys.executable, "-c", BOMB], check=False)
        elif self.path.endswith("/itself"):
            exec(BOMB)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


if os.environ.get("AT_START"):
    exec(BOMB)
ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
