"""Run in a sandbox: tries to reach each `kind:address:port` it is given; prints a line for each.

Kinds: `connect`, `hear` what the other says first, `keep` the connection open.
"""

import errno
import socket
import sys
from contextlib import nullcontext

KEPT = []
FREE_BIND = 15  # IP_FREEBIND: bind an address that is not one's own


def tried(kind: str, address: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    own, _, address = address.rpartition("/")
    try:
        asking = socket.socket(family)
        if kind == "keep":
            KEPT.append(asking)
        with nullcontext() if kind == "keep" else asking:
            asking.settimeout(5)
            if own:
                asking.setsockopt(socket.IPPROTO_IP, FREE_BIND, 1)
                asking.bind((own, 0))
            asking.connect((address, port))
            return asking.recv(100).decode() if kind == "hear" else "connected"
    except TimeoutError:
        return "nothing came"
    except OSError as error:
        return errno.errorcode[error.errno]


for target in sys.argv[1:]:
    kind, address, port = target.split(",")
    print(target, tried(kind, address, int(port)), flush=True)
