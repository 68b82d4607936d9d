"""Conda environments: environment.yml is read, solved, fetched, linked and activated.

The only part of the builder that uses libraries: PyYAML and py-rattler, which its sandboxes are
shown. Nothing else may import it when it is loaded itself: rattler takes 0.1 s.
"""
