"""The deflicker's own bench: flicker of each kind beside its peers, harm to clean clips, real film, and the bars."""
