"""Tells owners and co-owners of an app what has happened to it, by mail and by webhooks."""
