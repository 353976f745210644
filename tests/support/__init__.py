"""What several tests share: engines, clips, flicker."""
