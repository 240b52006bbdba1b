"""Who there is, who they are that come in, and what becomes of them."""
