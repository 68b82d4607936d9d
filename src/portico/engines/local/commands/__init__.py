"""Commands whose streams somebody holds: one-offs, and those in a running sandbox."""
