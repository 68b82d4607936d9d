"""Puts Portico onto a machine, replaces it by another version, and takes it away again.

facts    what of it is there, and what is in the way        (reads)
installing, uninstalling    decide what is to be done       (pure)
perform  does it                                            (acts)
upgrading    a version in the place of another, and back
"""
