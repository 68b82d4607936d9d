"""An engine in memory, for the agent's tests: nothing runs, everything can be made to happen."""
