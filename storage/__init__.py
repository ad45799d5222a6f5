"""The phone's copy: one SQLite file, its transactions, its outbox and its drafts."""
