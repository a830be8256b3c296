"""Two accounts of one person: proving that both are theirs, seeing what would come together, merging, and undoing."""
