"""What the bot does: one module a job, each `(turn, services) -> actions`."""
