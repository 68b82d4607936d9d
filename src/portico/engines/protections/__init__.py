"""Which protections apps have on this machine: what the doctor says of it."""
