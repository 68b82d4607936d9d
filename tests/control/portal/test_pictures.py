"""Pictures from authors: what is none is refused, what is one is written anew."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from PIL import Image

from portico.control.models import App, Event, Picture
from portico.control.portal import pictures
from portico.errors import PorticoError
from tests.control.portal.pictures import SVG, huge_png, picture

TAKEN_OVER = """
import os, socket, subprocess, sys
from portico.control.portal import decoding
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
decoding._load_everything()
decoding._give_up()
tries = {
    "open": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "write": lambda: os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY),
    "connect": lambda: udp.connect(("127.0.0.1", 9)),
    "start": lambda: os.posix_spawn("/bin/true", ["true"], {}),
}
refused = []
for name, attempt in tries.items():
    try:
        attempt()
    except PermissionError:
        refused.append(name)
os.write(1, f"{', '.join(refused)}: not permitted".encode())
os._exit(0)
"""
HINT = (
    "Choose a PNG, JPEG or WebP file of at most 2 MiB and 40 million pixels; "
    "twice as wide as high looks best."
)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_written_anew_as_webp(kind: str) -> None:
    remade = Image.open(io.BytesIO(pictures.remade(picture(kind))))
    assert (remade.format, remade.size) == ("WEBP", (64, 32))


def test_a_large_picture_is_cut_to_the_card() -> None:
    remade = Image.open(io.BytesIO(pictures.remade(picture("JPEG", (3000, 2000)))))
    assert remade.size == (960, 480)


def test_what_a_file_holds_beside_its_pixels_is_left_behind() -> None:
    exif = Image.Exif()
    exif[0x010E] = "<script>alert(1)</script>"
    exif[0x0112] = 6  # lies on its side
    given = picture("JPEG", exif=exif.tobytes(), comment=b"secret")
    remade = pictures.remade(given + b"PK\x03\x04 an archive behind the picture")
    assert b"script" not in remade
    assert b"secret" not in remade
    assert b"PK" not in remade[-200:]
    assert Image.open(io.BytesIO(remade)).size == (32, 64)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "It is empty."),
        (SVG, "It is not a picture in one of these formats."),
        (b"%PDF-1.7", "It is not a picture in one of these formats."),
        (picture("GIF"), "It is not a picture in one of these formats."),
        (picture("PNG", (500, 500))[:90], "It is damaged: image file is truncated."),
        (huge_png(), "It has 60000 x 60000 pixels."),
        (bytes(pictures.LARGEST + 1), "It has 2,097,153 bytes."),
    ],
    ids=["empty", "svg", "pdf", "gif", "truncated", "huge", "large"],
)
def test_what_is_no_picture_is_refused_and_said(content: bytes, found: str) -> None:
    with pytest.raises(PorticoError) as refused:
        pictures.remade(content)
    assert str(refused.value) == f"The picture was not taken.\n{found}\n{HINT}"


def test_a_decoder_that_was_taken_over_can_open_and_start_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        (sys.executable, "-c", TAKEN_OVER, str(tmp_path / "new")),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "open, write, connect, start: not permitted", done.stderr
    assert not (tmp_path / "new").exists()


def test_a_picture_is_set_and_taken_away(app: App, alice: User, client: Client) -> None:
    answer = client.put("/-/api/v1/apps/polls/picture", picture(), content_type="image/png")
    address = answer.json()["card"]["picture"]
    digest = Picture.objects.get().digest[:12]
    assert address == f"http://portico.example/-/portal/pictures/polls/{digest}.webp"
    assert client.delete("/-/api/v1/apps/polls/picture").status_code == 204
    assert client.get("/-/api/v1/apps/polls").json()["card"]["picture"] is None
    trail = Event.objects.filter(verb="picture").values_list("user", "detail")
    assert list(trail) == [("alice", "removed"), ("alice", "set")]


def test_a_refused_picture_leaves_the_one_before(app: App, client: Client) -> None:
    client.put("/-/api/v1/apps/polls/picture", picture(), content_type="image/png")
    answer = client.put("/-/api/v1/apps/polls/picture", SVG, content_type="image/svg+xml")
    assert (answer.status_code, answer.json()["title"]) == (422, "The picture was not taken.")
    assert Picture.objects.count() == 1


def test_a_picture_is_served_as_what_it_is_to_those_who_may_open_the_app(
    app: App, alice: User, client: Client, stranger: Client
) -> None:
    app.set_picture(pictures.remade(picture()), alice)
    address = f"/-/portal/pictures/polls/{app.picture.digest[:12]}.webp"
    assert stranger.get(address).status_code == 404
    App.objects.update(access="public")
    answer = stranger.get(address)
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert Image.open(io.BytesIO(answer.content)).format == "WEBP"


def test_an_address_of_another_picture_is_none(app: App, alice: User, stranger: Client) -> None:
    app.set_picture(pictures.remade(picture()), alice)
    App.objects.update(access="public")
    for digest in ("0" * 12, "%", "_" * 12):
        assert stranger.get(f"/-/portal/pictures/polls/{digest}.webp").status_code == 404
