"""The words of the invented comments, all written for this project. `{t}` stands for the film's name.

Each bank states what its sentences say: about a named film, about the thread's film without naming it, about no film.
"""
