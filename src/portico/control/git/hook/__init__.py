"""git's pre-receive hook: deploys what is pushed and rejects the push when the deploy fails.

Runs as a program of its own, standard library only, and little of that, inside git's quarantine: the pushed objects can
be read here and nowhere else. It packs the commit's files, gives them to web's deploy API with a
token that is good for this push, and prints the deploy's log, which git carries to the author.
"""
