"""Line and branch coverage of the contracts: `python -m tests.coverage`, explained in
docs/coverage.md.

A copy of the sources is given probes and compiled; nothing in contracts/ or .build changes. A probe
asks for the code size of an address of its own, which nobody else ever touches. After each call and
transaction of a test the node is asked which accounts it touched: so it tells what ran, reverted or
not, in views and constructors too, without a trace of single steps.
"""
