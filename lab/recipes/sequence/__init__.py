"""Text, translation, tags, series and words."""
