"""The steps by which the centre's tables came to be what they are, oldest first."""
