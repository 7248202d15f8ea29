"""The whole chain under every fault that we know of, and a checker that believes neither side.

plan      what happens in a round: drawn from a seed, pure
chain     the real processes: two stations, a broker of three kinds, the OMS receiver, and wires between
desk      plays the staff; writes down what was shown as *Saved*
faulting  does to the chain what the plan says
checker   compares the driver's journal with the OMS's ledger
story     on a failure: what happened to one unit, as short as can be
"""
