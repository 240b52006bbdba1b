"""Chats that people keep on the server: their branches, runs, folders, words and ways out."""
