"""The wire contract, generated from proto/."""
