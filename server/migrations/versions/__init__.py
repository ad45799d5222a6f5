"""One file for each step; `make migration name="..."` writes a new one from what the records have become."""
