"""Control groups: what processes may use together, and how much they do. Linux has two versions."""
