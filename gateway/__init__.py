"""The only HTTP door: the JSON API and the web pages. Stateless, without a database."""
