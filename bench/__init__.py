"""Measures Samooh and its peers on one workload: `make bench`, `python -m bench`. Nobody imports this room."""
