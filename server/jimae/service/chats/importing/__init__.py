"""Taking over chats from files: of jimae, ChatGPT and Open WebUI."""
