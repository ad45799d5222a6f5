"""What starts and tends both sides: the demo, later the command line. It may import every room; nobody imports it."""
