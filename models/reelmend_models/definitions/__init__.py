"""Model architectures in torch, one folder each."""
