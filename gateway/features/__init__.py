"""The features: each folder holds all that belongs to it, its API, its pages and their templates."""
