"""Sends an app's log to its log drains. Runs in a sandbox, as the app's user, on the standard library
alone: whoever listens there is not trusted. See docs/decisions/0027-log-drains.md.
"""
