"""OpenAI's API: its requests, its answers, and the way between them and ours."""
