"""The plain ASGI part of web: what must not pass through Django because it streams."""
