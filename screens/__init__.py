"""What people see and do: screens that show records and ask for changes."""
