"""Everything that `make run` does: look before starting, start, watch, stop.

The supervisor itself uses the standard library alone, so that it starts at once, stays small
and still works when the shop's own code does not.
"""
