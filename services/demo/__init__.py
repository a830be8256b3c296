"""A demonstration: the sample programme, in a city that has used it for half a year."""
