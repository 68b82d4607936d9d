"""Stands in for web: accepts on the inherited sockets and says its pid to whoever connects.

On SIGTERM it finishes what it has accepted; what still waits is for the next one.
"""

import os
import selectors
import signal
import socket
import sys

busy = ended = False


def end(*_):
    global ended
    ended = True
    if not busy:
        sys.exit(0)


signal.signal(signal.SIGTERM, end)
print("web speaks", flush=True)
ready = selectors.DefaultSelector()
for name in ("PORTICO_ROUTER_FD", "PORTICO_AGENT_FD"):
    ready.register(socket.socket(fileno=int(os.environ[name])), selectors.EVENT_READ, name)
while not ended:
    for key, _ in ready.select():
        busy = True
        connection, _ = key.fileobj.accept()
        with connection:
            connection.sendall(f"{key.data} {os.getpid()}".encode())
        busy = False
