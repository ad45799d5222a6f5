"""What may be done: frozen commands, decided purely, executed by a phone's store or the central store."""
