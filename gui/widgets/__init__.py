"""Widgets that know no panel: plots, pictures, forms, transport."""
