"""Speed, measured from outside on a real server. Run by `script/bench`."""
