"""The database and the blobs: the only room that knows SQL. Implements `ports`."""
