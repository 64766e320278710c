"""Which film a comment means: titles found by one automaton, weighed by what stands around them.

`linker.Linker` is the entrance; `model` has the types it takes and gives.
"""
