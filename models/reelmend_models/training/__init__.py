"""Training: footage, data sets, losses, loops."""
