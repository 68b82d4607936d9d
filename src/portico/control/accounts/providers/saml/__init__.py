"""Sign-on by SAML. Its library is an extra, so nothing here is loaded where no provider is set."""
