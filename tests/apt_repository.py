"""An apt repository of a test's own: packages built with dpkg-deb, signed with gpg, served over https
with a certificate of an authority that nobody knows."""

from __future__ import annotations

import functools
import hashlib
import http.server
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

ISSUER = "Acme Test Authority"


@dataclass(frozen=True)
class AptRepository:
    """`folder` is served; `key` and `other_key` are public keys, only the first one's signs."""

    folder: Path
    url: str
    authority: Path
    key: Path
    other_key: Path

    @property
    def host(self) -> str:
        return self.url.partition("://")[2]


@contextmanager
def apt_repository(folder: Path, packages: Mapping[str, str]) -> Iterator[AptRepository]:
    """`packages` are names with the scripts that run when they are set up."""
    served = folder / "served"
    pool = served / "pool"
    pool.mkdir(parents=True)
    for name, script in packages.items():
        build(folder / "build" / name, name, script, pool / f"{name}.deb")
    with keyring(folder / "keys") as keys:
        key, other = public_key(keys, "acme"), public_key(keys, "other")
        publish(served, keys)
    authority = trustme.CA(organization_name=ISSUER)
    authority.cert_pem.write_to_path(folder / "authority.pem")
    with serving(served, authority) as url:
        yield AptRepository(served, url, folder / "authority.pem", key, other)


def debian_mirror(folder: Path, release: str, name: str) -> tuple[Path, Path]:
    """A folder that stands for a mirror of a release, with that package; and its public key."""
    served = folder / "debian"
    (served / "pool").mkdir(parents=True)
    build(folder / "build", name, "true", served / "pool" / f"{name}.deb", depends="libc6")
    with keyring(folder / "keys") as keys:
        key = public_key(keys, "acme")
        publish(served, keys, release)
    return served, key


def add_packages(folder: Path, release: str, packages: Sequence[Path]) -> None:
    """Add these files to such a mirror. Names with a colon are escaped in them; no more here."""
    served = folder / "debian"
    for package in packages:
        shutil.copy(package, served / "pool" / package.name.replace("%3a", "_"))
    with keyring(folder / "keys") as keys:
        publish(served, keys, release)


def build(tree: Path, name: str, script: str, into: Path, depends: str = "libgomp1") -> None:
    """A package with a command of its name, and that script."""
    command = tree / "usr/bin" / name.removeprefix("portico-")
    command.parent.mkdir(parents=True)
    command.write_text(f"#!/bin/sh\necho {name} speaks\n")
    command.chmod(0o755)
    control = tree / "DEBIAN"
    control.mkdir()
    (control / "control").write_text(
        f"Package: {name}\nVersion: 1.0\nArchitecture: all\nDepends: {depends}\n"
        "Maintainer: Acme <acme@example.com>\nDescription: A package of a test\n"
    )
    (control / "postinst").write_text(f"#!/bin/sh\nset -e\n{script}\n")
    (control / "postinst").chmod(0o755)
    run("dpkg-deb", "--root-owner-group", "--build", str(tree), str(into))


def publish(served: Path, keys: Path, release: str = "stable") -> None:
    """The index of what is in the pool, signed."""
    machine = run("dpkg", "--print-architecture").strip()
    distribution, name = served / "dists" / release, f"main/binary-{machine}/Packages"
    index = distribution / name
    index.parent.mkdir(parents=True, exist_ok=True)
    index.write_text("\n".join(entry(served, path) for path in sorted(served.glob("pool/*.deb"))))
    content = index.read_bytes()
    listed = f" {hashlib.sha256(content).hexdigest()} {len(content)} {name}\n"
    (distribution / "Release").write_text(
        f"Origin: Acme\nSuite: {release}\nCodename: {release}\n"
        f"Architectures: {machine}\nComponents: main\n"
        f"Date: Wed, 01 Jan 2025 00:00:00 UTC\nSHA256:\n{listed}"
    )
    signed = ("--clearsign", "--output", str(distribution / "InRelease"))
    gpg(keys, "--yes", "--local-user", "acme", *signed, str(distribution / "Release"))


def entry(served: Path, path: Path) -> str:
    content = path.read_bytes()
    return (
        f"{run('dpkg-deb', '--field', str(path))}Filename: {path.relative_to(served)}\n"
        f"Size: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
    )


@contextmanager
def keyring(folder: Path) -> Iterator[Path]:
    """A home for gpg, whose agent ends with it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        yield folder
    finally:
        run("gpgconf", "--homedir", str(folder), "--kill", "gpg-agent")


def public_key(keys: Path, name: str) -> Path:
    gpg(keys, "--quick-generate-key", f"{name} <{name}@example.com>", "rsa3072", "sign", "never")
    path = keys.parent / f"{name}.asc"
    gpg(keys, "--armor", "--output", str(path), "--export", name)
    return path


def gpg(home: Path, *words: str) -> None:
    run("gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", "", *words)


def run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class _Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # apt takes a connection that just ends for one that was cut off

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def serving(folder: Path, authority: trustme.CA) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
