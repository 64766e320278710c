"""Short names that film talk uses and that no rule derives from the title.

Only names that are in general use beyond one forum and mean one film. Each maps to the film's title (normalised by the
reader) and, where a title is shared, its year. Initials that a rule does derive are made in `surfaces.py`.
"""

from typing import Final

NICKNAMES: Final[tuple[tuple[str, str, int | None], ...]] = (
    ("tdk", "The Dark Knight", 2008),
    ("tdkr", "The Dark Knight Rises", 2012),
    ("bvs", "Batman v Superman: Dawn of Justice", 2016),
    ("zsjl", "Zack Snyder's Justice League", 2021),
    ("br2049", "Blade Runner 2049", 2017),
    ("2049", "Blade Runner 2049", 2017),
    ("ww84", "Wonder Woman 1984", 2020),
    ("t2", "Terminator 2: Judgment Day", 1991),
    ("aou", "Avengers: Age of Ultron", 2015),
    ("nwh", "Spider-Man: No Way Home", 2021),
    ("ffh", "Spider-Man: Far From Home", 2019),
    ("itsv", "Spider-Man: Into the Spider-Verse", 2018),
    ("atsv", "Spider-Man: Across the Spider-Verse", 2023),
    ("catws", "Captain America: The Winter Soldier", 2014),
    ("winter soldier", "Captain America: The Winter Soldier", 2014),
    ("quantumania", "Ant-Man and the Wasp: Quantumania", 2023),
    ("love and thunder", "Thor: Love and Thunder", 2022),
    ("anh", "Star Wars", 1977),
    ("a new hope", "Star Wars", 1977),
    ("esb", "The Empire Strikes Back", 1980),
    ("empire strikes back", "The Empire Strikes Back", 1980),
    ("rotj", "Return of the Jedi", 1983),
    ("tpm", "Star Wars: Episode I - The Phantom Menace", 1999),
    ("aotc", "Star Wars: Episode II - Attack of the Clones", 2002),
    ("rots", "Star Wars: Episode III - Revenge of the Sith", 2005),
    ("tfa", "Star Wars: The Force Awakens", 2015),
    ("tlj", "Star Wars: The Last Jedi", 2017),
    ("tros", "Star Wars: The Rise of Skywalker", 2019),
    ("fotr", "The Lord of the Rings: The Fellowship of the Ring", 2001),
    ("rotk", "The Lord of the Rings: The Return of the King", 2003),
    ("eeaao", "Everything Everywhere All at Once", 2022),
    ("ouatih", "Once Upon a Time... in Hollywood", 2019),
    ("ouatia", "Once Upon a Time in America", 1984),
    ("ouatitw", "Once Upon a Time in the West", 1968),
    ("twbb", "There Will Be Blood", 2007),
    ("ncfom", "No Country for Old Men", 2007),
    ("no country", "No Country for Old Men", 2007),
    ("wows", "The Wolf of Wall Street", 2013),
    ("wolf of wall street", "The Wolf of Wall Street", 2013),
    ("kotm", "Godzilla: King of the Monsters", 2019),
    ("gvk", "Godzilla vs. Kong", 2021),
    ("gxk", "Godzilla x Kong: The New Empire", 2024),
    ("tfotf", "The Fast and the Furious", 2001),
    ("2f2f", "2 Fast 2 Furious", 2003),
    ("hp1", "Harry Potter and the Philosopher's Stone", 2001),
    ("dr strangelove", "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb", 1964),
    ("strangelove", "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb", 1964),
    ("borat", "Borat: Cultural Learnings of America for Make Benefit Glorious Nation of Kazakhstan", 2006),
    ("anchorman", "Anchorman: The Legend of Ron Burgundy", 2004),
    ("birdman", "Birdman or (The Unexpected Virtue of Ignorance)", 2014),
    ("cuckoos nest", "One Flew Over the Cuckoo's Nest", 1975),
    ("ferris bueller", "Ferris Bueller's Day Off", 1986),
    ("shawshank", "The Shawshank Redemption", 1994),
    ("private ryan", "Saving Private Ryan", 1998),
    ("lebowski", "The Big Lebowski", 1998),
    ("buster scruggs", "The Ballad of Buster Scruggs", 2018),
    ("eternal sunshine", "Eternal Sunshine of the Spotless Mind", 2004),
    ("scott pilgrim", "Scott Pilgrim vs. the World", 2010),
    ("benjamin button", "The Curious Case of Benjamin Button", 2008),
    ("ricky bobby", "Talladega Nights: The Ballad of Ricky Bobby", 2006),
    ("talladega nights", "Talladega Nights: The Ballad of Ricky Bobby", 2006),
    ("scream 6", "Scream VI", 2023),
    ("scream 5", "Scream", 2022),
    ("fant4stic", "Fantastic Four", 2015),
    ("live die repeat", "Edge of Tomorrow", 2014),
    ("live die repeat edge of tomorrow", "Edge of Tomorrow", 2014),
    ("crouching tiger", "Crouching Tiger, Hidden Dragon", 2000),
    ("basterds", "Inglourious Basterds", 2009),
    ("inglorious basterds", "Inglourious Basterds", 2009),
    ("inglorious bastards", "Inglourious Basterds", 2009),
    ("inglourious bastards", "Inglourious Basterds", 2009),
    ("rouge one", "Rogue One: A Star Wars Story", 2016),
)
"""(short name, title, year). Misspellings are listed where most people write them so."""

_COMMON_INITIALS: Final = """
    afaik ama amc asap bbc bbq bts cbs cgi cia cnn dceu dcu diy dlc dmv dnd dvd eli esp etc faq fbi fomo ftw fwiw fyi
    gop gps hbo hdr hiv iirc imax imdb imho imo ip irl iq irs jfk kfc la lgbt lmao lmfao lol lsd mcu mgm mia mlk mpaa
    mtv mvp nasa nba nbc nfl nra nsfw nyc nypd omg ost pg poc pov pow ppl ptsd pvp rip rofl rpg scifi sjw smh snl
    spf ssd swat tbf tbh tbs tcm tfw tifu til tl tldr tnt tv ufc ufo uhd uk ump usa usaf vfx vhs vip vod wb wtf wth wwe
    wwi wwii xd yolo cod gta lotr hp sw st dc mi got asoiaf btw fbi bff aka oscars emmy cinema
"""

NOT_INITIALS: Final = frozenset(_COMMON_INITIALS.split())
"""Initials in general use that are no film's: people, firms, net slang, and series (LOTR is three films)."""
