"""Tables: who sits with whom."""
