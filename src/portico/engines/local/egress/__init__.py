"""Portico's own sandboxed programs that reach the network: the build proxy, the sender of logs."""
