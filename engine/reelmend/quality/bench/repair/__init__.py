"""The bench of the repair: dirt, scratches and clips that only look dirty, held against the bars."""
