"""Effects: a window of frames in, one frame (and its matte) out."""
