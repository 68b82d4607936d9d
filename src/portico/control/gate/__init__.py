"""The gate: the router asks here whether a visitor may open an app, and sends them here to enter."""
