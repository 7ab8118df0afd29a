"""In which rooms the bot is, and who is in them."""
