"""Programs that this process starts: their start, their streams, their end."""
