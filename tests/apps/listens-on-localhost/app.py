import errno
import os
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Handler(BaseHTTPRequestHandler):
    """Answers what came of `?connect=HOST:PORT` or `?resolve=NAME`."""

    def do_GET(self):
        asked = parse_qs(urlsplit(self.path).query)
        text = "hello"
        if "connect" in asked:
            host, _, port = asked["connect"][0].rpartition(":")
            with socket.socket() as trial:
                trial.settimeout(5)
                text = errno.errorcode.get(trial.connect_ex((host, int(port))), "connected")
        if "resolve" in asked:
            text = socket.gethostbyname(asked["resolve"][0])
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


# Not on all addresses, as servers of frameworks do by default.
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
