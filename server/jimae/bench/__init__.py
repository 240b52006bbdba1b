"""A load generator for any OpenAI-compatible server.

A pure client: it knows servers by their HTTP alone, ours too, so that what it
measures of ours and of others is measured in one way.
"""
