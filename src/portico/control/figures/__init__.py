"""What apps use and do, as last seen: in memory alone, gone with this process."""
