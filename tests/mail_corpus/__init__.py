"""Messages that tests read: those nobody here wrote, where they are at hand, and those that are made to do harm."""
