"""What people, groups and keys may use, and what they did use."""
