"""Topics as the team keeps them: what has each, another name for one, two that become one, and one that goes."""
