"""Portico: a self-hosted platform for Python apps."""

__version__ = "0.1.0"
