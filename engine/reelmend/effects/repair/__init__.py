"""Repair: dirt, hairs and scratches are found, shown as a matte, and mended there alone."""
