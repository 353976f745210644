"""Reelmend's models: their definitions, how they are trained and exported, and the damage that they mend."""
