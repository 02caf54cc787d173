"""One contract each, rebuilt from its events: what its storage holds, in the words that hold it."""
