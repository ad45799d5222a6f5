"""The central copy: access, merge, streams and enrolment, on SQLite or PostgreSQL."""
