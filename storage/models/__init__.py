"""SQLModel tables by area."""
