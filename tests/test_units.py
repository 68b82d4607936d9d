from __future__ import annotations

from portico.units import size_words


def test_sizes_are_short() -> None:
    words = [size_words(n) for n in (0, 999, 1000, 123_456, 99_900_000, 2_000_000_000_000)]
    assert words == ["0 B", "999 B", "1.0 kB", "123 kB", "99.9 MB", "2.0 TB"]
