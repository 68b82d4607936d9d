import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from traceback import print_exc


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            import sklearn  # noqa: F401
        except ImportError:
            print_exc()
            self.send_error(500)


ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
