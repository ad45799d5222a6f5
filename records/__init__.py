"""What is known, who may know it, and what may be done with it. Imports no other room."""
