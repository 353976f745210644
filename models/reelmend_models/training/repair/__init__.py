"""Training of the nets that find and fill defects: scenes, damage, samples, loops, results."""
