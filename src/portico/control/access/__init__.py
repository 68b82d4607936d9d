"""Who may do what: decided in one place, `deciding`, and asked by the API, git and the pages."""
