"""User namespaces of several ids: which ids, and how one is made."""
