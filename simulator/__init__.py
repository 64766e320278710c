"""One HTTP service that speaks TMDB's and Reddit's APIs, so that the unchanged producers run without keys.

    catalogue → popularity → tmdb_*          TMDB: lists, details, genres
    breakouts → threads → arrivals → writer  invented comments, each with its known truth
    live | replay → feed → reddit_*          Reddit: the comment listing, tokens, rate limits
    faults, ledger → admin_api               what tests and demos switch and read, only under /_sim/

The generator is a pure function of the seed and the time: a simulator that is restarted serves the same comments.
"""
