"""The pages of one's own account that are not allauth's: overview, tokens, logins of machines."""
