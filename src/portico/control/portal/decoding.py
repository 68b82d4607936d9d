"""A process of its own that decodes a picture and writes it anew: `python -I decoding.py` reads any
bytes and writes a WebP file. Decoders of pictures are what attackers look at first, so before the
first foreign byte is looked at this process gives up all that it has: it can compute and answer, but
open no file, no connection and no process.

Ends with 0 and the picture, or with 1 and words that say what the bytes are.
"""

from __future__ import annotations

import ctypes
import errno
import io
import os
import platform
import resource
import struct
import sys

from PIL import (
    Image,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

FORMATS = ("PNG", "JPEG", "WEBP")
# Imported, so that they are known; a JPEG may hold what the last two read.
PLUGINS = (PngImagePlugin, JpegImagePlugin, WebPImagePlugin, MpoImagePlugin, TiffImagePlugin)
LARGEST_PIXELS = 40_000_000
SIZE = (960, 480)  # the shape of a card, twice its size for fine screens
MEMORY, SECONDS = 1 << 30, 20

# What a decoder needs once everything is loaded: memory, standard output, the end.
ALLOWED = {
    # read, write, mmap, mprotect, munmap, brk, rt_sigaction, rt_sigprocmask, rt_sigreturn, mremap,
    # madvise, futex, exit, exit_group, clock_gettime, getrandom
    "x86_64": (
        0xC000003E,
        (0, 1, 9, 10, 11, 12, 13, 14, 15, 25, 28, 202, 60, 231, 228, 318),
    ),
    "aarch64": (
        0xC00000B7,
        (63, 64, 222, 226, 215, 214, 134, 135, 139, 216, 233, 98, 93, 94, 113, 278),
    ),
}
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # of BPF
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
NO_NEW_PRIVILEGES, SECCOMP, FILTER = 38, 22, 2  # of prctl


class Unfit(Exception):  # noqa: N818 - not an error: what the bytes are
    pass


def main() -> int:
    content = sys.stdin.buffer.read()
    _load_everything()
    _give_up()
    try:
        picture = remade(content)
    except Unfit as unfit:
        os.write(1, str(unfit).encode())
        return 1
    _write_all(picture)
    return 0


def remade(content: bytes) -> bytes:
    """As WebP, upright, not larger than shown, without what else the file held; raises Unfit."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > LARGEST_PIXELS:
                raise Unfit(f"It has {picture.width} x {picture.height} pixels.")
            picture.thumbnail((SIZE[0] * 2, SIZE[1] * 2))  # lets a JPEG be decoded small
            upright = ImageOps.exif_transpose(picture)
            plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
            fitted = ImageOps.fit(plain, SIZE) if _is_larger(plain) else plain
            return _webp(fitted)
    except Unfit:
        raise
    except UnidentifiedImageError:
        raise Unfit("It is not a picture in one of these formats.") from None
    except MemoryError:
        raise Unfit("It takes more memory than a picture should.") from None
    except Exception as error:  # whatever a decoder says of broken bytes
        raise Unfit(f"It is damaged: {str(error)[:200] or type(error).__name__}.") from None


def _is_larger(picture: Image.Image) -> bool:
    return picture.width > SIZE[0] and picture.height > SIZE[1]


def _webp(picture: Image.Image) -> bytes:
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)  # leaves behind what the file said beside the pixels
    written = io.BytesIO()
    bare.save(written, "WEBP", quality=80, method=4)
    return written.getvalue()


def _load_everything() -> None:
    """Each format once, so that nothing has to be opened later."""
    Image._initialized = 2  # noqa: SLF001 - no other formats are looked for
    Image.MAX_IMAGE_PIXELS = None  # ours is asked first, and says it in our words
    turned = Image.Exif()
    turned[0x0112] = 6
    for name in FORMATS:
        written = io.BytesIO()
        Image.new("RGB", (8, 8)).save(written, name, exif=turned)
        remade(written.getvalue())
    written = io.BytesIO()
    Image.new("P", (8, 8)).save(written, "PNG", transparency=0)
    remade(written.getvalue())


def _give_up() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    libc = ctypes.CDLL(None, use_errno=True)
    program = _filter(*ALLOWED[platform.machine()])
    instructions = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(instructions))
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(SECCOMP, FILTER, header, 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls")


def _filter(architecture: int, calls: tuple[int, ...]) -> bytes:
    """Each instruction: code, jump if true, jump if false, value."""
    steps = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]
    steps += [(EQUAL, len(calls) - place, 0, call) for place, call in enumerate(calls)]
    steps += [(RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def _write_all(content: bytes) -> None:
    while content:
        content = content[os.write(1, content) :]


if __name__ == "__main__":
    status = main()
    os._exit(status)  # the interpreter's own end would want more calls
