"""Packages of the distribution: the Aptfile, the debian stack, and the layer that apt makes over it."""
