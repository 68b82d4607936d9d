"""Processes of apps, which outlive the agent: started, recorded, taken over, ended."""
