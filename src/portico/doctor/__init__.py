"""What the server needs of its machine, beside the sandboxes, and how to get it."""
