"""What administrators do in the browser: people, groups, apps, tokens, the trail, the server."""
