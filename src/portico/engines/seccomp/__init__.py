"""The filter on system calls that every sandbox gets: policy, numbers, and the kernel's program."""
