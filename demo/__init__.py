"""`make demo`: a flickering shot goes in at an OpenFX node and comes out steady."""
