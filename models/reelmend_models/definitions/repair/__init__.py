"""The nets of repair: what finds defects, tells standing scratches from the scene's lines, and fills what is broken."""
