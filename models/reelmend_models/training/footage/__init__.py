"""Footage by package: camera clips, clips made from photographs, and the split that nothing crosses."""
