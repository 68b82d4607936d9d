"""Its page tries to act for its visitor: on the platform, and on another app (`attacks.js`).

Its answers try more than they may, too: cookies for all of the domain, a service worker for all paths.
"""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent
PAGES = {
    "": ("text/html", b'<!doctype html><title>Lovely</title><h1>Lovely</h1><script src="attacks.js"></script>'),
    "attacks.js": ("text/javascript", (HERE / "attacks.js").read_bytes()),
    "worker.js": ("text/javascript", b"addEventListener('fetch', e => e.respondWith(new Response('stolen')))"),
}
HEADERS = (
    ("Service-Worker-Allowed", "/"),
    ("Clear-Site-Data", '"cookies"'),
    ("Set-Cookie", "portico_session=planted; Path=/-/; Domain=example.org"),
    ("Set-Cookie", "__Host-portico_session=planted; Path=/; Secure"),
    ("Set-Cookie", "own=1; Path=/; Domain=example.org"),
)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        kind, content = PAGES.get(self.path.partition("?")[0].rsplit("/", 1)[-1], PAGES[""])
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in HEADERS:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
