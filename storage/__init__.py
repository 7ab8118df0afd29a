"""Keeps things in the database; knows nothing of chat or search."""
