"""Pages for readers, and what puts the outputs of commands into them."""
