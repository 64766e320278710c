"""Names of places and people that are also film titles: in film talk they are more often the place or the person.

General lists, not made from the catalogue: countries, large cities and US states; given names common in English.
"""

from typing import Final

_PLACES: Final = """
africa alabama alaska amsterdam argentina arizona asia athens atlanta austin australia austria baghdad bangkok barcelona
beijing belfast belgium berlin boston brazil britain brooklyn brussels budapest cairo california cambodia canada
chicago china colorado copenhagen cuba dallas delhi denmark denver detroit dublin dubai edinburgh egypt england europe
finland florida france georgia germany glasgow greece hawaii havana hollywood houston hungary iceland idaho illinois
india indiana iowa iran iraq ireland israel istanbul italy japan jerusalem kansas kentucky kenya korea lisbon liverpool
london louisiana madrid maine manchester manhattan maryland massachusetts melbourne memphis mexico miami michigan milan
minnesota mississippi missouri montana montreal morocco moscow munich naples nashville nebraska netherlands nevada
norway ohio oklahoma oregon oslo pakistan paris pennsylvania peru philadelphia poland portland portugal prague rio rome
russia scotland seattle shanghai singapore spain stockholm sweden switzerland sydney syria taiwan tennessee texas
thailand tokyo toronto turkey ukraine utah vancouver vegas venice vermont vienna vietnam virginia wales warsaw
washington wisconsin wyoming zurich
"""

_GIVEN: Final = """
aaron adam alan albert alex alexander alice amanda amy andrew angela anna anne annie anthony antonio arthur barbara
ben benjamin bernie beth betty bill billy bob bobby brad brandon brian bruce carl carol carrie casey charles charlie
chloe chris christine christopher cindy claire clara daisy dan daniel danny dave david dean debbie denis dennis
diana diane donald donna doris dorothy doug dylan ed eddie edward elaine eleanor elizabeth ella ellen elliot emily
emma eric erin ethan eva eve evelyn felix fiona frances frank frankie fred gabriel gary gene george gerald gina
gloria gordon grace greg guy hannah harold harry heather helen henry howard hugo ian irene iris isaac ivan jack
jackie jacob jake james jamie jane janet jason jay jean jeff jennifer jenny jeremy jerry jesse jessica jill jim
jimmy joan joe joel john johnny jon jonathan jordan joseph josh joy juan judith judy julia julian julie karen kate
katherine kathy katie keith kelly ken kenneth kevin kim kyle larry laura lauren lee leo leon leonard lewis liam lily
linda lisa logan lola louis louise lucas lucy luis luke lydia maggie marcus margaret maria marie mark martha martin
marty mary matt matthew max megan melissa michael michelle mike molly monica morgan nancy natalie nathan ned neil
nicholas nick nicole nina noah nora norman oliver olivia oscar otto owen pamela pat patricia patrick paul paula
peggy peter phil philip phoebe rachel ralph ray rebecca richard rick rita rob robert robin roger ron rosa rose ross
roy russell ruth ryan sam samantha samuel sandra sara sarah scott sean sharon shirley simon sophia sophie stan
stella stephanie stephen steve steven stuart sue susan suzanne sylvia ted teresa terry theodore theresa thomas tim
timothy tina todd tom tommy tony tracy valerie vanessa vera veronica victor victoria vincent violet virginia walter
wanda wayne wendy will william zoe
"""

_TWO_WORDS: Final = """
los angeles,new york,san francisco,las vegas,hong kong,united states,new jersey,new orleans,new zealand,north korea,
south korea,south africa,new mexico,north carolina,south carolina,san diego,st louis,puerto rico,saudi arabia,
african american,new england,middle east,wall street,times square,central park,grand canyon,el paso,rio grande
"""

PLACES: Final = frozenset(_PLACES.split()) | frozenset(_TWO_WORDS.replace("\n", "").split(","))
GIVEN_NAMES: Final = frozenset(_GIVEN.split())

_CALENDAR: Final = """
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
october november december christmas easter thanksgiving
"""
CALENDAR: Final = frozenset(_CALENDAR.split()) | {"new year s eve", "valentine s day", "new years eve", "in july"}
"""Days and months: written with a capital whatever is meant."""
