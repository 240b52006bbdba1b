"""People that are known elsewhere: OpenID Connect, LDAP, SCIM."""
