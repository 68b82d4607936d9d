"""The HTTP proxy through which a build reaches the network: public addresses and the operator's
mirrors, nothing else. Runs outside the build's sandbox, in one of its own, as an unprivileged user
and on the standard library alone. See docs/decisions/0012-build-isolation.md.
"""
