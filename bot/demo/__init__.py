"""The demo community of the invented town Lindenau."""
