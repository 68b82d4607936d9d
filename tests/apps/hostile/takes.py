"""Takes without end: processes, memory, files, the log, the processor, the disk."""

import os
import resource
import signal
import sys
import threading
import time


def forks(aims):
    """As many as it gets, and for the seconds after the first refusal; how many there were at once."""
    end, children, refused = None, [], 0
    while len(children) < 5000 and (end is None or time.monotonic() < end):
        try:
            pid = os.fork()
        except OSError:
            refused += 1
            end = end or time.monotonic() + aims["seconds"]
            time.sleep(0.01)
            continue
        if pid == 0:
            time.sleep(600)
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    yield from (len(children), refused)


def memory(_):
    """In a child, which the kernel may choose, or the whole."""
    pid = os.fork()
    if pid == 0:
        held = []
        while True:
            held.append(bytearray(os.urandom(1 << 10) * (1 << 10)))
    yield os.waitpid(pid, 0)[1]


def descriptors(_):
    held = []
    try:
        while True:
            held.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        yield from (len(held), error.errno)
    finally:
        for number in held:
            os.close(number)


def log(aims):
    """As fast as it is read."""
    end, line = time.monotonic() + aims["seconds"], b"x" * 1023 + b"\n"
    threading.Thread(target=_write, args=(end, line * 64), daemon=True).start()
    yield "begun"


def _write(end, lines):
    while time.monotonic() < end:
        os.write(sys.stdout.fileno(), lines)


def processor(aims):
    """Twice as many as there are cores, without a pause."""
    for _ in range(2 * (os.cpu_count() or 1)):
        if os.fork() == 0:
            signal.alarm(int(aims["seconds"]))
            while True:
                pass
    yield "begun"


def disk(aims):
    """As much as it gets, up to what is asked for, in the folder."""
    written, path = 0, os.path.join(aims["folder"], "filling")
    try:
        with open(path, "wb", buffering=0) as file:
            while written < aims["bytes"]:
                written += file.write(bytes(1 << 20))
    except OSError as error:
        yield error.errno
    else:
        yield 0
    finally:
        os.unlink(path)
    yield written


def core(_):
    """Die of a process with a large memory, as often as a dump would hurt."""
    yield resource.getrlimit(resource.RLIMIT_CORE)[1]
    pid = os.fork()
    if pid == 0:
        held = bytearray(64 << 20)
        held[:: 4096] = b"x" * len(held[:: 4096])
        os.abort()
    yield os.WCOREDUMP(os.waitpid(pid, 0)[1])
    yield from (name for name in os.listdir(".") if name.startswith("core"))


ATTACKS = {
    "forks": forks,
    "memory": memory,
    "descriptors": descriptors,
    "log": log,
    "processor": processor,
    "disk": disk,
    "core": core,
}
