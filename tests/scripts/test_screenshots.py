"""The pictures of the documentation are those that `script/screenshots` takes, and small."""

from __future__ import annotations

from PIL import Image

from script import take_screenshots as script


def test_every_picture_is_taken_by_the_script_and_small():
    pictures = list(script.IMAGES.iterdir())
    assert {file.stem for file in pictures} == {script.COMPONENTS, *script.SHOTS}
    for file in pictures:
        assert file.stat().st_size <= script.LARGEST
        assert Image.open(file).format == "PNG"
