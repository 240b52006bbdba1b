"""The use cases: what the server does, whoever asks and however it is asked."""
