"""`reelmend bench soak`: whether memory stays flat over thousands of frames, and over as many connects.

`memory` reads what a process holds, `run` does the work and looks, `verdicts` says whether it was flat, `report`
shows it.
"""
