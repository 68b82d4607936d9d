"""From a source to a slug: the steps of a build, what they share, and what they are given."""
