"""Everything that goes out: one HTTP fetcher with limits and the one guard against private addresses."""
