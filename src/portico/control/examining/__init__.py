"""What the agent has found out about the machine and the disk, and how it is asked to look again."""
