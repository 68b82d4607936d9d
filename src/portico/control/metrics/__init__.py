"""`GET /-/metrics`: what Prometheus reads. docs/operators/metrics.md tells of each."""
