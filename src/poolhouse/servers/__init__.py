"""Front doors: protocol events to services to replies; imports no store and no fetcher."""
