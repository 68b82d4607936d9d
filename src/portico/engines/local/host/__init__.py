"""What this machine can do for sandboxes, found out by looking and by trying."""
