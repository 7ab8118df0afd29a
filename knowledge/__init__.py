"""Finds the answer to a question; knows nothing of chat."""
