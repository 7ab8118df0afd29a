"""The file formats of knowledge entries, a module each with `read` and `write`; choosing one is left to the callers."""
