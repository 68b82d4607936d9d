"""Answers with its release; asked for /slow, once nothing holds it there."""

import os
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.endswith("/slow"):
            subprocess.run(["sh", "step.sh", "/data", "request"], check=True)
        body = os.environ["PORTICO_RELEASE"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


subprocess.run(["sh", "step.sh", "/data", "start"], check=True)
ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
