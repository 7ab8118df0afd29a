"""The web application: what the house reaches over HTTP."""
