"""The Sequences panel: language models, translators, taggers and forecasters."""
