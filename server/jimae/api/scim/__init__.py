"""SCIM 2.0: accounts and groups that a directory keeps (RFC 7643, RFC 7644)."""
