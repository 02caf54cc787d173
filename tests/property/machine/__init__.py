"""The rules by which everybody does anything, on a chain and on the model beside it."""
