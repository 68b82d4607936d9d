"""What `portico check` looks at: a module for each subject. None runs code of the app."""
