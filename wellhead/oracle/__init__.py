"""From the GPU to the chain: sources, measurements, reporters, relays, and checking all of it."""
