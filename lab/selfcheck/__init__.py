"""The self-check of a device: every recipe, exact resume, live views, a full memory and speed in one table (`lab selfcheck`)."""
