"""What there is to do for an app, decided from its plan and from what is seen of it."""
