"""Which system calls a sandbox is refused: what Docker's default profile refuses a container
without capabilities, and a little more. Pure; the reasons are in docs/decisions/0015-seccomp.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from errno import EAFNOSUPPORT, ENOSYS, EPERM

# What clone may not make: cgroup, UTS, IPC, user, process, network and mount namespaces.
NEW_NAMESPACES = 0x7E02_0000
# Local, IPv4, IPv6, and netlink, by which the C library asks for the machine's addresses.
SOCKET_FAMILIES = (1, 2, 10, 16)
# The plain one, 32-bit addresses, `uname` as of Linux 2.6, both, and the question which it is.
PERSONALITIES = (0, 0x8, 0x2_0000, 0x2_0008, 0xFFFF_FFFF)
# Typing into the terminal that a command was given: TIOCSTI, and TIOCLINUX, which pastes.
TYPING = (0x5412, 0x541C)


@dataclass(frozen=True)
class AnyBit:
    """Refuses an argument with one of these bits; only the low 32 bits are looked at."""

    argument: int
    bits: int


@dataclass(frozen=True)
class Among:
    """Refuses an argument that is one of these."""

    argument: int
    values: tuple[int, ...]


@dataclass(frozen=True)
class NotAmong:
    """Refuses an argument that is none of these."""

    argument: int
    values: tuple[int, ...]


@dataclass(frozen=True)
class Refusal:
    """A system call that fails with `error`, always or by an argument."""

    call: str
    error: int = EPERM
    when: AnyBit | Among | NotAmong | None = None


# Those that look at an argument come first: the kernel remembers the answer to all others.
BY_ARGUMENT = (
    Refusal("socket", EAFNOSUPPORT, NotAmong(0, SOCKET_FAMILIES)),
    Refusal("ioctl", EPERM, Among(1, TYPING)),
    Refusal("clone", EPERM, AnyBit(0, NEW_NAMESPACES)),
    Refusal("personality", EPERM, NotAmong(0, PERSONALITIES)),
)
# clone3 hides its flags in memory; without it the C library uses clone. Without the memory policy
# calls, programs take the machine for one of a single node, which a refusal would not tell them.
ABSENT = (
    *("clone3", "get_mempolicy", "set_mempolicy", "set_mempolicy_home_node", "mbind"),
    *("migrate_pages", "move_pages"),
)
REFUSED = (
    # mounts, roots, namespaces, quotas
    *("mount", "umount2", "pivot_root", "chroot", "mount_setattr", "move_mount", "open_tree"),
    *("open_tree_attr", "fsopen", "fsconfig", "fsmount", "fspick", "setns", "unshare"),
    *("open_by_handle_at", "fanotify_init", "quotactl", "quotactl_fd"),
    # other processes: their memory, descriptors and objects
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp"),
    # parts of the kernel that many ways out of sandboxes led through
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter"),
    *("io_uring_register", "keyctl", "add_key", "request_key", "lsm_get_self_attr"),
    *("lsm_set_self_attr", "lsm_list_modules"),
    # the machine itself
    *("init_module", "finit_module", "delete_module", "create_module", "query_module"),
    *("get_kernel_syms", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "acct"),
    *("settimeofday", "clock_settime", "sethostname", "setdomainname", "syslog", "vhangup"),
    *("iopl", "ioperm", "lookup_dcookie", "nfsservctl"),
    # from another age
    *("_sysctl", "afs_syscall", "getpmsg", "putpmsg", "security", "sysfs", "tuxcall", "uselib"),
    *("ustat", "vserver"),
)
DENIED = (
    *BY_ARGUMENT,
    *(Refusal(name, ENOSYS) for name in ABSENT),
    *(Refusal(name) for name in REFUSED),
)


def allowing(names: Iterable[str], refusals: tuple[Refusal, ...] = DENIED) -> tuple[Refusal, ...]:
    """Without those: for a sandbox that has to make mounts or namespaces of its own."""
    allowed = frozenset(names)
    return tuple(refusal for refusal in refusals if refusal.call not in allowed)
