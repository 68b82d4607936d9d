"""One module for each way of naming an app's packages."""
