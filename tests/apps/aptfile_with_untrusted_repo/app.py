"""Answers with what the scripts of its system package have made of the stack."""

import json
import os
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ZONES = Path("/usr/share/zoneinfo")


def seen() -> dict:
    return {
        "says": subprocess.run(["acme"], capture_output=True, text=True).stdout,
        "replaced": sorted(path.name for path in (ZONES / "Arctic").iterdir()),
        "removed": (ZONES / "Antarctica").exists(),
        "linked": str((ZONES / "Indian").readlink()),
        "script": Path("/etc/acme/seen").read_text().splitlines(),
    }


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(seen()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
