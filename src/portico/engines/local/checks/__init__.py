"""Asking processes over HTTP: whether one has started, whether it still answers."""
