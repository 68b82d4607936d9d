"""Folders and files on disk that others may have filled."""
