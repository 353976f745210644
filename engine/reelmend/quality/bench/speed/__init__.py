"""`reelmend bench speed`: what a frame costs beside the model's own arithmetic, all of it in one interleaved run.

`plan` says how much is measured, `probes` and its neighbours are the things measured, `rounds` lets them take turns,
`rows` makes medians and ratios of it, `claims` holds them against their bars, `tables` and `compare` show them.
"""
