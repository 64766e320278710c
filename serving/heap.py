"""Keeping the garbage collector away from what lives long.

A ranking of 2,000 films is some hundred thousand objects, and a full collection looks at every one of them while no
request is answered: with thirty rankings of past windows kept, for half a second and more, each time the heap has grown
by a quarter. Nothing in a ranking refers back to what holds it, so counting references frees it when it is replaced,
and the collector has nothing to find there.
"""

import gc


def settle() -> None:
    """Take all that lives now out of the collector's sight; for when something large was put away to be kept.

    What is frozen is still freed when nobody refers to it. A cycle that is garbage and not collected stays for good:
    some objects of the requests under way, a few kilobytes a day.
    """
    gc.freeze()
