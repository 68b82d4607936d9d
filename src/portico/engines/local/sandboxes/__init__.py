"""A sandbox as a running bubblewrap: its descriptors and its launch."""
