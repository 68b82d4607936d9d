"""The App Manager: what an app's people do with it in the browser. Each tab is a module."""
