"""The web framework under the pages and the API: requests, routes, guards, responses. No word of the domain."""
