"""The exact integer specification of Wellhead's contracts: same words, same rounding, no floats.

`world.World` wires everything together; its methods mirror the contracts' functions, with an
explicit `caller` where the sender matters, and raise `errors.Revert` where they would revert.
"""
