"""Build steps: their sandboxes, and what these see and may write."""
