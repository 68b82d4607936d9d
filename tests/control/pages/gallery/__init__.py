"""A page with every component of the style sheet, for tests and for who wants to see them."""
