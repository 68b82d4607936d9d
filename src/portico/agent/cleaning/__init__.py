"""Keeps caches and interpreters bounded, and tells what lies on the disk."""
