"""Makes a slug out of a source. Runs inside a build sandbox: standard library only."""
