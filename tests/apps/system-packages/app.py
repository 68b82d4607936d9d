"""Answers with what its system packages answer."""

import ctypes
import json
import os
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LIBRARIES = "/usr/lib/x86_64-linux-gnu" if os.uname().machine == "x86_64" else "/usr/lib/aarch64-linux-gnu"


def seen() -> dict:
    blas = ctypes.CDLL("libopenblas.so.0")
    blas.cblas_dasum.restype = ctypes.c_double
    numbers = (ctypes.c_double * 3)(1, -2, 3)
    environment = ctypes.c_void_p()
    odbc = ctypes.CDLL("libodbc.so.2")
    return {
        "odbc": odbc.SQLAllocHandle(1, None, ctypes.byref(environment)),
        "threads": ctypes.CDLL("libgomp.so.1").omp_get_max_threads() > 0,
        "sum": blas.cblas_dasum(3, numbers, 1),
        "alternative": str(Path(f"{LIBRARIES}/libopenblas.so.0").readlink()),
        "isql": subprocess.run(["isql", "--version"], capture_output=True, text=True).stdout.split()[0],
        "release": Path("/etc/debian_version").read_text().split(".")[0],
        "user": os.getuid(),
        "writes": [place for place in ("/usr", "/etc", "/var/lib", "/opt") if os.access(place, os.W_OK)],
    }


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(seen()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
