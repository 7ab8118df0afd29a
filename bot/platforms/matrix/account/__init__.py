"""The bot's own account: its login, its keys, its identity, and whom it trusts."""
