"""A drawing for each app without a picture: tiles like a mosaic, told apart by colour and pattern.

Pure: the same app has the same drawing wherever it is shown, also under another name.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass

COLUMNS, ROWS, SIDE = 8, 4, 20
WIDTH, HEIGHT = COLUMNS * SIDE, ROWS * SIDE

# Ground and three colours on it; all of them stand on a light page and on a dark one.
PALETTES = (
    ("#7c3418", "#c9643a", "#efb58f", "#f6dfc9"),
    ("#1f4d45", "#3f8a78", "#9cc9a8", "#e9e3c4"),
    ("#2b3a67", "#4f6bb0", "#9db6e4", "#f0d9a8"),
    ("#5b2a4f", "#9c4f86", "#dca3c1", "#f3dcc8"),
    ("#6a4a12", "#b98a2c", "#e6c979", "#f4ead0"),
    ("#1d4e63", "#3689a0", "#93cdd3", "#f2e2bd"),
    ("#4a4a1f", "#85883d", "#c6c786", "#efe6cf"),
    ("#74282f", "#bb5a5c", "#e8a99b", "#f5e1cf"),
    ("#3d3350", "#6f6196", "#b4a6d6", "#efdccb"),
    ("#39463c", "#6b8570", "#b0c5a6", "#f0e2c6"),
)

# What a tile shows, as a path in its own square of 20 by 20. Arches and columns, mostly.
SHAPES = (
    "",
    "h20v20h-20z",
    "v20h20a20 20 0 0 0-20-20z",
    "m20 0v20h-20a20 20 0 0 1 20-20z",
    "h20a20 20 0 0 1-20 20z",
    "h20v20a20 20 0 0 1-20-20z",
    "m0 20v-10a10 10 0 0 1 20 0v10z",
    "m0 0v10a10 10 0 0 0 20 0v-10z",
    "m10 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16z",
    "h4v20h-4zm8 0h4v20h-4zm8 0h4v20h-4z",
    "m0 20 20-20v20z",
    "m10 0 10 10-10 10-10-10z",
)


@dataclass(frozen=True)
class Drawing:
    ground: str
    layers: tuple[tuple[str, str], ...]  # colour, path


@functools.lru_cache(maxsize=2048)
def drawing(app_id: int) -> Drawing:
    seed = hashlib.sha256(f"app {app_id}".encode()).digest() * 2
    ground, *colours = PALETTES[seed[0] % len(PALETTES)]
    paths = dict.fromkeys(colours, "")
    for number in range(COLUMNS * ROWS):
        left, top = number % COLUMNS * SIDE, number // COLUMNS * SIDE
        byte = seed[number + 1]
        shape = SHAPES[byte % len(SHAPES)]
        if shape:
            paths[colours[byte // len(SHAPES) % len(colours)]] += f"M{left} {top}{shape}"
    return Drawing(ground, tuple((colour, path) for colour, path in paths.items() if path))
