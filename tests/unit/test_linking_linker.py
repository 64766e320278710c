"""What a comment means: each hard case of real text once, on a small catalogue."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.linking.context import CommentContext
from processors.linking.linker import Candidate, Linker
from processors.linking.model import CommentText, Film, Links
from processors.linking.thread import NO_THREAD

FILMS = [
    Film(1, "Heat", year=1995, vote_count=6_000),
    Film(2, "It", year=2017, vote_count=18_000),
    Film(3, "Us", year=2019, vote_count=6_000),
    Film(4, "Nope", year=2022, vote_count=4_000),
    Film(5, "Dune", year=2021, vote_count=9_000),
    Film(6, "Dune: Part Two", year=2024, vote_count=5_000),
    Film(7, "Dune", year=1984, vote_count=2_000),
    Film(8, "The Dark Knight", year=2008, vote_count=30_000),
    Film(9, "Avengers: Infinity War", year=2018, vote_count=28_000),
    Film(10, "Blade Runner 2049", year=2017, vote_count=12_000),
    Film(11, "Pulp Fiction", year=1994, vote_count=26_000),
    Film(12, "No Country for Old Men", year=2007, vote_count=11_000),
    Film(13, "Halloween", year=1978, vote_count=5_000),
    Film(14, "Halloween", year=2018, vote_count=5_000),
    Film(15, "Interstellar", year=2014, vote_count=33_000),
    Film(16, "Mission: Impossible - Dead Reckoning Part One", year=2023, vote_count=3_000),
    Film(17, "Mission: Impossible - The Final Reckoning", year=2025, vote_count=2_500),
    Film(18, "Spider-Man: No Way Home", year=2021, vote_count=19_000),
    Film(19, "Ocean's Eleven", year=2001, vote_count=11_000),
    Film(20, "Killers of the Flower Moon", year=2023, vote_count=2_000),
    Film(21, "Wonder Woman", year=2017, vote_count=19_000),
    Film(22, "Amélie", year=2001, vote_count=11_000),
    Film(23, "Friday", year=1995, vote_count=1_000),
    Film(24, "Goodfellas", year=1990, vote_count=12_000),
]
LINKER = Linker(FILMS)
DISCUSSION = "Official Discussion - Dune: Part Two [SPOILERS]"


def link(body: str, thread: str | None = None, year: int | None = None) -> Links:
    created = datetime(year, 6, 1, tzinfo=UTC) if year is not None else None
    return LINKER.link(CommentText(body, thread, created))


def named(body: str, thread: str | None = None, year: int | None = None) -> set[int]:
    return {mention.movie_id for mention in link(body, thread, year).mentions if mention.via == "text"}


@pytest.mark.parametrize(
    ("body", "films"),
    [
        ("I watched Pulp Fiction and No Country for Old Men.", {11, 12}),
        ("pulp fiction is still the best", {11}),
        ("Just rewatched *Heat* (1995), what a film", {1}),
        ("the heat in this room is killing us", set()),
        ("It is what it is. Nope. Us too.", set()),
        ("BR2049 is beautiful", {10}),
        ("TDK is overrated", {8}),
        ("I liked Infinity War more", {9}),
        ("Dune 2 was great", {6}),
        ("Dune: Part Two was great", {6}),
        ("Dune Part II was great", {6}),
        ("I prefer Halloween (1978)", {13}),
        ("I prefer Halloween (2018)", {14}),
        ("NWH made me cry", {18}),
        ("Oceans Eleven, Pulp Fiction and Goodfellas", {11, 19, 24}),
        ("Interstellar's ending, though", {15}),
        ("we watched Amelie in school", {22}),
        ("> Interstellar is bad\n\nno it is not", set()),
        ("see https://example.org/Interstellar", set()),
        ("we saw it on Friday night", set()),
        ("any Wonder Woman movies after that", set()),
        ("the Wonder Woman films are long", set()),
        ("I was twelve when Heat came out and I loved it", {1}),
        ("we should watch “Nope” tonight", {4}),
        ("Interstellar 2 will never come", set()),
        ("I liked Pulp\nFiction", {11}),
        ("I liked Pulp\n\nFiction is what it is", set()),
    ],
)
def test_what_is_named(body: str, films: set[int]) -> None:
    assert named(body) == films


def test_offsets_are_into_the_body() -> None:
    body = "😀 > I think **Pulp Fiction** beats Interstellar…"
    for mention in link(body).mentions:
        assert body[mention.start : mention.end] == mention.surface
    assert [mention.surface for mention in link(body).mentions] == ["Pulp Fiction", "Interstellar"]


def test_a_film_counts_once_and_every_place_is_known() -> None:
    links = link("I watched Interstellar. I love Interstellar!")
    assert [mention.movie_id for mention in links.mentions] == [15]
    assert [(start, end) for _, start, end in links.places] == [(10, 22), (31, 43)]


def test_a_bare_title_is_its_own_film_s_where_that_is_known() -> None:
    day = Film(602, "Independence Day", year=1996, vote_count=3_260)
    anew = Film(47_933, "Independence Day: Resurgence", year=2016, vote_count=5_781)
    text = CommentText("Jeff Goldblum in Independence Day (1996) was fun, and Independence Day is a classic.")
    assert {mention.movie_id for mention in Linker([day, anew]).link(text).mentions} == {602}
    plain = CommentText("I watched Independence Day last night.")
    assert [mention.movie_id for mention in Linker([day, anew]).link(plain).mentions] == [602]


def test_no_film_from_well_after_the_comment() -> None:
    assert named("I watched Interstellar yesterday", year=2010) == set()
    assert named("I watched Interstellar yesterday", year=2014) == {15}
    assert named("I watched Dune yesterday", year=1990) == {7}


def test_a_sequel_called_by_its_number_is_spoken_of_years_before() -> None:
    films = [
        Film(1, "Avatar", year=2009, vote_count=30_000),
        Film(2, "Avatar: The Way of Water", year=2022, vote_count=12_000),
        Film(3, "Avatar: Fire and Ash", year=2025, vote_count=1_000),
    ]
    linker = Linker(films)
    for year, found in ((2019, set()), (2023, {3})):
        text = CommentText("I can't wait for Avatar 3!", None, datetime(year, 6, 1, tzinfo=UTC))
        assert {mention.movie_id for mention in linker.link(text).mentions} == found


def test_of_two_films_of_a_title_the_one_of_the_thread_s_time_is_meant_where_no_time_is_known() -> None:
    films = [Film(1, "Snow White", year=1987), Film(2, "Snow White", year=2025), Film(3, "Smile 2", year=2024)]
    links = Linker(films).link(CommentText("I watched Snow White yesterday", "Smile 2 (2024)"))
    assert [mention.movie_id for mention in links.mentions if mention.via == "text"] == [2]


def test_the_same_words_are_likelier_a_film_among_others_and_in_talk_about_films() -> None:
    def probability(body: str) -> float:
        return max(c.probability for c in LINKER.candidates(CommentContext(body), NO_THREAD, None) if _is_halloween(c))

    alone = probability("then he put on the suit for Halloween, his son died")
    assert probability("the best horror films are Halloween, Pulp Fiction, No Country for Old Men") > alone


def _is_halloween(candidate: Candidate) -> bool:
    return candidate.span.surface.text == "halloween"


@pytest.mark.parametrize(("body", "about"), [("I watched Dune first", True), ("I watched Pulp Fiction first", False)])
def test_a_film_of_the_same_series_is_no_other(body: str, about: bool) -> None:
    assert (LINKER.about(CommentText(body, DISCUSSION, datetime(2024, 3, 1, tzinfo=UTC))) >= 0.5) == about


def test_the_thread_s_own_film() -> None:
    links = link("What a movie, the sandworms!", DISCUSSION, 2024)
    assert [(mention.movie_id, mention.via) for mention in links.mentions] == [(6, "thread")]
    assert links.mentions[0][2:5] == (0, 0, "")


def test_the_thread_s_film_named_is_a_text_mention_only() -> None:
    links = link("I watched Dune: Part Two twice", DISCUSSION, 2024)
    assert [(mention.movie_id, mention.via) for mention in links.mentions] == [(6, "text")]


def test_a_short_comment_on_another_film_is_not_about_the_thread_s() -> None:
    assert {m.via for m in link("I watched Pulp Fiction", DISCUSSION, 2024).mentions} == {"text"}


@pytest.mark.parametrize("body", ["[deleted]", "[removed]", "", "😀"])
def test_removed_and_empty_comments_say_nothing(body: str) -> None:
    assert link(body, DISCUSSION, 2024).mentions == ()


def test_part_two_in_the_thread_of_part_one() -> None:
    thread = "Official Discussion - Mission: Impossible - Dead Reckoning Part One [SPOILERS]"
    assert 17 in named("I hope that Part Two is better", thread, 2023)
    assert named("I hope that Part Two is better") == set()


@pytest.mark.parametrize(
    ("title", "movie_id"),
    [
        ("Official Discussion - Interstellar [SPOILERS]", 15),
        ("Official Discussion: Dune (2021)", 5),
        ("Official Discussion Megathread: Halloween (1978) [SPOILERS]", 13),
        ("Interstellar | Official Trailer", 15),
        ("Spider-Man: No Way Home - Official Teaser Trailer", 18),
        ("What do you think of Interstellar and Heat?", None),
        ("", None),
    ],
)
def test_thread_titles(title: str, movie_id: int | None) -> None:
    film = LINKER.thread(title, datetime(2025, 1, 1, tzinfo=UTC)).film
    assert (film.movie_id if film is not None else None) == movie_id


def test_an_empty_catalogue_links_nothing() -> None:
    assert Linker([]).link(CommentText("I watched Heat", DISCUSSION)) == Links()


def test_one_movie_id_given_twice_is_one_film() -> None:
    links = Linker([*FILMS, FILMS[14]]).link(CommentText("I watched Interstellar"))
    assert [mention.movie_id for mention in links.mentions] == [15]


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=100), st.sampled_from(FILMS), st.integers(0, 3))
@settings(max_examples=300, deadline=None)
def test_any_text_links_without_error_and_with_true_offsets(text: str, film: Film, how: int) -> None:
    body = (text, f"{text} {film.title} {text}", f"watched {film.title.upper()}{text}", f"*{film.title}*{text}")[how]
    links = link(body, DISCUSSION, 2024)
    assert links == link(body, DISCUSSION, 2024)
    ids = [mention.movie_id for mention in links.mentions]
    assert len(ids) == len(set(ids))
    for mention in (*links.mentions, *links.uncertain):
        assert body[mention.start : mention.end] == mention.surface
        assert 0 <= mention.confidence <= 1
    named = {mention.movie_id for mention in links.mentions if mention.via == "text"}
    assert not named & {mention.movie_id for mention in links.uncertain}


def test_a_huge_body_takes_bounded_time() -> None:
    body = "I watched Interstellar and It, Us. *Heat* (1995) > \ud800 \x00 " * 100_000
    began = time.perf_counter()
    assert 15 in {mention.movie_id for mention in link(body).mentions}
    assert time.perf_counter() - began < 10
