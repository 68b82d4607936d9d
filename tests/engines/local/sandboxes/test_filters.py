"""The filter on system calls where it counts: in processes, one-offs, commands and build steps."""

from __future__ import annotations

import errno
import json
import platform
import signal
from pathlib import Path

import pytest

from portico.engines.engine import Output
from portico.engines.local import LocalEngine
from portico.engines.local.sandboxes import filters
from portico.engines.local.sandboxes.filters import open_filter
from portico.engines.seccomp.policy import DENIED
from tests.engines.contract import launch, said
from tests.engines.local.builds.test_boxes import BOX, boxed
from tests.engines.local.machines import Server, output_of, run

PROGRAM = Path(__file__).with_name("forbidden_calls.py")
REFUSED = {
    **dict.fromkeys(("unshare", "clone", "mount", "umount", "chroot", "ptrace"), "EPERM"),
    **dict.fromkeys(("keyctl", "io_uring", "bpf", "personality", "raw"), "EPERM"),
    **dict.fromkeys(("packets", "ciphers"), "EAFNOSUPPORT"),
    "clone3": "ENOSYS",
    "tcp": "done",
    "child": "ended with 0",
    "thread": "done",
}
# getpid as a call of x32, then as one of i386 (mov eax, 20; int 0x80; ret) in a child.
FOREIGN = """
import ctypes, errno, mmap, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(0x40000000 + 39)
print(errno.errorcode[ctypes.get_errno()], flush=True)
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex("b814000000cd80c3"))
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
if os.fork() == 0:
    os._exit(call() > 0)
print(os.wait()[1] & 0x7F)
"""
TRY = "exec /usr/bin/python3 hello.txt"


def add_program(server: Server) -> None:
    server.add_slug({"hello.txt": PROGRAM.read_text()})


def test_a_process_is_refused_what_no_app_needs() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        add_program(server)
        assert json.loads(await output_of(server, engine, launch(TRY))) == REFUSED

    run(test)


def test_a_one_off_is_refused_the_same() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        add_program(server)
        text = await said(await engine.run(launch(TRY, process="run.1"), None))
        assert json.loads(text[Output.STDOUT]) == REFUSED

    run(test)


def test_a_command_in_a_running_process_is_refused_the_same() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        add_program(server)
        instance = await engine.start(launch("exec sleep 300"))
        words = ("/usr/bin/python3", "hello.txt")
        text = await said(await engine.execute(instance.handle, words, None))
        assert json.loads(text[Output.STDOUT]) == REFUSED
        await engine.stop(instance.handle, 5)

    run(test)


def test_a_build_step_is_refused_the_same() -> None:
    async def test(_: Server, engine: LocalEngine) -> None:
        lines: list[str] = []
        await engine.box(BOX, lines.append)
        assert json.loads(lines[0]) == REFUSED

    boxed(f"exec({PROGRAM.read_text()!r}, dict(__name__='tried'))", test)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="i386 and x32 are x86_64's")
def test_calls_of_other_tables_end_in_nothing() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        server.add_slug({"hello.txt": FOREIGN})
        x32, signal_of_i386 = (await output_of(server, engine, launch(TRY))).split()
        assert x32 == errno.errorcode[errno.ENOSYS]
        # Where the kernel has no i386 at all, the instruction itself is a fault.
        assert int(signal_of_i386) in (signal.SIGSYS, signal.SIGSEGV)

    run(test)


def test_a_kernel_without_filters_gets_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(filters, "ACTIONS", tmp_path / "absent")
    with open_filter(DENIED) as filtering:
        assert filtering is None
