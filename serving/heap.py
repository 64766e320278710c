"""Keeping the garbage collector away from what lives long.

A ranking of 2,000 films is some hundred thousand objects. A full collection looks at every one of them while no request
is answered, and by itself comes each time the heap has grown by a quarter: many times while one ranking is built.
"""

import gc


def settle() -> None:
    """Collect what is garbage and take all that lives out of the collector's sight, until the next time.

    Once a window: 2,000 films and three past windows of them take some 80 ms. What was taken out before is looked at
    again, because it may have become garbage that only the collector frees: the driver's requests and their timers
    refer to each other, and each holds the rows that it read.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
