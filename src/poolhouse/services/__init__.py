"""What a person can do: plain functions of an open `ports.Transaction`; imports the rooms below only."""
