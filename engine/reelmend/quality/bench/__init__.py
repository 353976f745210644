"""The bench: methods side by side over clips and presets of damage, with intervals, speed and memory.

`material` says where clips and damage come from, `quality_run` measures restorations, `timing` speed and memory,
`results` puts it together, `tables` and `plots` show it. `speed` is another bench: that of the engine itself.
"""
