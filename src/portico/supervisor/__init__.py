"""The supervisor: starts web, agent and router, watches them, holds web's sockets.

Standard library only, and little of that: it stays in memory for as long as the server runs, and
nothing that it does not import can break it.
"""
