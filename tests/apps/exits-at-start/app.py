raise SystemExit("The database is not configured.")
