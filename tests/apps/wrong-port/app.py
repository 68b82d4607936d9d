from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

# PORT is not asked.
ThreadingHTTPServer(("", 5317), SimpleHTTPRequestHandler).serve_forever()
