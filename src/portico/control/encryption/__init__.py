"""Secrets in the database: encrypted with keys that lie outside of it."""
