"""What can be asked of and put into each area of the database."""
