"""What may be sent to a model: the text of use, rules for personal data, prohibited words."""
