"""A running app that means no good. `POST /<what>` with its aims as JSON; it answers what it got.

What it looks for is given in each request, so none of it stands in its files or its environment.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import looks
import takes


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self._answer(["hello"])

    def do_POST(self):
        aims = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        what = self.path.rpartition("/")[2]
        self._answer(list({**looks.ATTACKS, **takes.ATTACKS}[what](aims)))

    def _answer(self, told):
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
