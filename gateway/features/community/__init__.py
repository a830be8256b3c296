"""The community: members, introductions and reports."""
