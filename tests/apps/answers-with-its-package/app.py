import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import alpha


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        text = "alpha {} on {}.{}.{}".format(alpha.version, *sys.version_info[:3]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
