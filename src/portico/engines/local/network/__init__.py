"""Networks of processes: one each as root, the machine's for all otherwise."""
