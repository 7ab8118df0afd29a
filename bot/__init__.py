"""Speaks to people: platforms, mailbox, dispatcher, scheduler and the command line."""
