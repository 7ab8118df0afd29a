"""Peer consultation: from a call to the supporters to a moderated round, of which nothing stays."""
