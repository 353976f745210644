"""Clips made from photographs with synthetic camera and object motion."""
