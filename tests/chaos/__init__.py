"""Blows at random moments to a server at work, and what must be true after each. See script/chaos."""
