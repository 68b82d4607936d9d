"""What sandboxes see: the host's system, a stack, an app's files."""
