"""Invented comments: repeatable, bursty, of real lengths, and with a truth that the text bears out."""

import itertools
import random
import re
import statistics
from collections import Counter
from dataclasses import replace

import pytest

from simulator.arrivals import Arrivals
from simulator.breakouts import SLOT_SECONDS as BREAKOUT_SLOT
from simulator.catalogue import load_catalogue
from simulator.interest import BREAKOUT_FLOOR, Interest
from simulator.live import LiveSource
from simulator.model import Comment
from simulator.naming import is_ordinary
from simulator.phrases import named, offtopic, unnamed
from simulator.threads import Threads
from simulator.writer import Writer
from tests.unit.simulator_support import START

FILMS = load_catalogue()
TITLES = {film.id: film.title for film in FILMS}
NOW = START.timestamp()


def source(seed: int = 7, rate: float = 1.1) -> LiveSource:
    return LiveSource(FILMS, seed=seed, rate=rate, subreddits=("movies",))


def comments_of(seconds: int, seed: int = 7, rate: float = 1.1) -> list[Comment]:
    """All comments that follow from the first comments of a stretch of time."""
    interest = Interest(FILMS, seed)
    arrivals = Arrivals(interest, Threads(interest, seed, ("movies",)), Writer(interest.films), seed, rate)
    first = int(NOW // 10)
    return [comment for slot in range(first, first + seconds // 10) for comment in arrivals.of_slot(slot)]


@pytest.fixture(scope="module")
def an_hour() -> list[Comment]:
    return comments_of(7_200)


def shown(feed: LiveSource) -> list[tuple[str, int, str]]:
    return [(comment.id, comment.created, comment.body) for comment in feed.feed.all()]


def test_first_listing_is_full_and_reaches_back_a_quarter_of_an_hour() -> None:
    feed = source()
    feed.advance(NOW)
    times = [comment.created for comment in feed.feed.all()]
    assert len(times) == 1_000
    assert NOW - 30 < max(times) <= NOW
    assert 10 * 60 < max(times) - min(times) < 30 * 60


def test_same_seed_and_time_give_the_same_listing_however_often_it_was_asked() -> None:
    steady, restarted = source(), source()
    for step in range(0, 3_600, 7):
        steady.advance(NOW + step)
    steady.advance(NOW + 3_600)
    restarted.advance(NOW + 3_600)
    assert shown(steady) == shown(restarted)


def test_another_seed_gives_other_comments() -> None:
    one, other = source(1), source(2)
    one.advance(NOW)
    other.advance(NOW)
    assert not {body for *_, body in shown(one)[:200]} <= {body for *_, body in shown(other)}


def test_a_night_without_a_reader_costs_no_more_than_a_start() -> None:
    feed = source()
    feed.advance(NOW)
    feed.advance(NOW + 40 * 86_400)
    assert len(feed.feed) == 1_000


def test_rate_is_near_the_one_asked_for(an_hour: list[Comment]) -> None:
    # two hours at 1.1 a second: about 7,900, times the evening's factor and the breakouts' surplus, less cut clusters
    assert 0.8 * 1.1 * 7_200 < len(an_hour) < 1.5 * 1.1 * 7_200


def test_arrivals_are_self_exciting(an_hour: list[Comment]) -> None:
    """A Poisson process has a variance equal to its mean; clusters of mean 1/(1-0.4) make it clearly larger."""
    counts = Counter(comment.created // 120 for comment in an_hour)
    inner = [counts[minute] for minute in range(min(counts) + 10, min(counts) + 58)]
    assert statistics.variance(inner) > 1.3 * statistics.mean(inner)


def test_answers_follow_their_parents(an_hour: list[Comment]) -> None:
    by_name = {comment.fullname: comment for comment in an_hour}
    answers = [comment for comment in an_hour if comment.parent]
    assert 0.25 < len(answers) / len(an_hour) < 0.5
    for answer in answers:
        parent = by_name[answer.parent or ""]
        assert parent.created <= answer.created
        assert parent.thread == answer.thread


def test_ids_are_unique_and_grow_with_time(an_hour: list[Comment]) -> None:
    assert len({comment.id for comment in an_hour}) == len(an_hour)
    ordered = sorted(an_hour, key=lambda comment: comment.order)
    assert [c.created for c in ordered] == sorted(c.created for c in ordered)
    assert all(re.fullmatch(r"[0-9a-z]{7}", comment.id) for comment in an_hour)


def test_ids_have_room_at_any_rate() -> None:
    crowd = comments_of(120, rate=200.0)
    assert len({comment.id for comment in crowd}) == len(crowd)
    ordered = [comment.created for comment in sorted(crowd, key=lambda comment: comment.order)]
    assert all(before - after <= 1 for before, after in itertools.pairwise(ordered))


def test_no_comment_is_older_than_its_thread(an_hour: list[Comment]) -> None:
    assert all(comment.thread.created <= comment.created for comment in an_hour)


def test_late_comments_appear_below_newer_ones() -> None:
    feed = source()
    feed.advance(NOW)
    before = {comment.id for comment in feed.feed.all()}
    newest = max(comment.order for comment in feed.feed.all())
    late = []
    for step in range(1, 120):
        feed.advance(NOW + step)
        fresh = [comment for comment in feed.feed.all() if comment.id not in before]
        late += [comment for comment in fresh if comment.order < newest]
        before |= {comment.id for comment in fresh}
        newest = max(comment.order for comment in feed.feed.all())
    assert late
    assert all(0 < comment.appears - comment.created <= 91 for comment in late)


def test_some_comments_are_removed_edited_or_vanish(an_hour: list[Comment]) -> None:
    removed = [comment for comment in an_hour if comment.looks_deleted]
    assert 0.003 < len(removed) / len(an_hour) < 0.03
    assert all(comment.author == "[deleted]" and not comment.truth.mentions for comment in removed)
    feed = source()
    feed.advance(NOW)
    seen: dict[str, Comment] = {}
    vanished = set()
    for step in range(0, 600, 5):
        feed.advance(NOW + step)
        present = {comment.fullname: comment for comment in feed.feed.all()}
        oldest = min(comment.order for comment in present.values())
        vanished |= {name for name, comment in seen.items() if name not in present and comment.order > oldest}
        seen.update(present)
    assert vanished
    assert any(comment.edited and comment.body.endswith("Edit: spelling.") for comment in seen.values())


def test_lengths_are_those_of_real_comments(an_hour: list[Comment]) -> None:
    words = [len(comment.body.split()) for comment in an_hour if not comment.looks_deleted]
    assert 17 <= statistics.median(words) <= 26
    assert 28 <= statistics.mean(words) <= 45
    assert max(words) > 250
    assert min(words) <= 3


def test_text_mentions_stand_in_the_body_and_thread_mentions_do_not(an_hour: list[Comment]) -> None:
    for comment in an_hour:
        for mention in comment.truth.mentions:
            if mention.via == "text":
                assert mention.surface in comment.body
            else:
                assert comment.thread.film_id == mention.movie_id
                assert mention.surface == ""
        films = [mention.movie_id for mention in comment.truth.mentions]
        assert len(films) == len(set(films))


def test_the_kinds_of_comment_all_occur(an_hour: list[Comment]) -> None:
    truths = [comment.truth for comment in an_hour]
    forms = Counter(mention.form for truth in truths for mention in truth.mentions)
    assert set(forms) >= {"plain", "lower", "italic", "quoted", "year", "typo", "caps", "short", ""}
    assert sum(not truth.mentions for truth in truths) > 0.15 * len(truths)
    assert sum(len(truth.mentions) > 1 for truth in truths) > 0.02 * len(truths)
    assert sum(truth.sarcastic for truth in truths) > 0.01 * len(truths)
    assert sum(bool(truth.quoted) for truth in truths) > 0.01 * len(truths)
    assert {mention.via for truth in truths for mention in truth.mentions} == {"text", "thread"}
    assert {mention.polarity for truth in truths for mention in truth.mentions} == {-1, 0, 1}
    assert any("Official Discussion" in comment.thread.title for comment in an_hour)
    assert len({comment.body for comment in an_hour}) > 0.85 * len(an_hour)


def test_quoted_films_are_in_quoted_lines_only(an_hour: list[Comment]) -> None:
    for comment in an_hour:
        for film in comment.truth.quoted:
            assert comment.body.startswith("> ")
            assert TITLES[film] in comment.body.split("\n\n")[0]
            assert film not in {mention.movie_id for mention in comment.truth.mentions}


def test_ordinary_words_are_never_bare_lower_case() -> None:
    writer, rng = Writer(FILMS), random.Random(3)
    for title in ("It", "Her", "Up", "Us", "Nope", "Heat", "Old", "Drive"):
        film = next(film for film in FILMS if film.title == title)
        assert is_ordinary(title)
        surfaces = {
            mention.surface
            for _ in range(300)
            for mention in writer.write(rng, film, None).truth.mentions
            if mention.movie_id == film.id
        }
        assert surfaces == {title, title.upper()} or surfaces == {title}


def test_films_of_one_title_are_told_apart_by_their_year() -> None:
    writer, rng = Writer(FILMS), random.Random(3)
    twins = [film for film in FILMS if sum(film.title == other.title for other in FILMS) > 1]
    assert twins
    for film in twins * 40:
        draft = writer.write(rng, film, None)
        if any(mention.movie_id == film.id for mention in draft.truth.mentions):
            assert f"{film.title} ({film.year})".lower() in draft.body.lower()


def test_no_phrase_names_a_film_by_accident() -> None:
    """Single ordinary words are left in on purpose: a linker must not take them for films."""
    banks = (named, unnamed, offtopic)
    texts = [value for bank in banks for value in vars(bank).values() if isinstance(value, tuple | dict)]
    phrases = re.findall(r"'((?:[^'\\]|\\.)*)'", repr(texts)) + re.findall(r'"([^"]*)"', repr(texts))
    whole = " | ".join(phrases).lower()
    titles = [film.title.lower() for film in FILMS if " " in film.title]
    assert "broken and nobody fixes them" in whole
    assert [title for title in titles if re.search(rf"\b{re.escape(title)}\b", whole)] == []


def test_sarcasm_is_meant_unkindly(an_hour: list[Comment]) -> None:
    sarcastic = [comment for comment in an_hour if comment.truth.sarcastic]
    assert all(mention.polarity == -1 for comment in sarcastic for mention in comment.truth.mentions)


def test_a_breakout_lifts_its_film_and_decays() -> None:
    interest = Interest(FILMS, 7)
    breakout = interest.breakouts.of_slot(int(NOW // BREAKOUT_SLOT))
    assert 10 <= breakout.factor <= 20
    assert breakout.surplus(breakout.start - 1) == 0
    assert breakout.surplus(breakout.start) == pytest.approx(breakout.factor - 1)
    assert breakout.surplus(breakout.start + 420) == pytest.approx((breakout.factor - 1) / 2)
    assert breakout in interest.breakouts.active(breakout.start + 600)
    rng = random.Random(5)
    drawn = Counter(interest.draw(rng, breakout.start)[0].id for _ in range(20_000))
    surplus = max(interest.base(breakout.film), BREAKOUT_FLOOR) * (breakout.factor - 1)
    expected = (interest.base(breakout.film) + surplus) / interest.total(breakout.start)
    assert drawn[breakout.film.id] / 20_000 == pytest.approx(expected, rel=0.25)


def test_a_release_night_fills_the_films_own_thread() -> None:
    interest = Interest(FILMS, 7)
    first = int(NOW // BREAKOUT_SLOT)
    breakout = next(b for b in map(interest.breakouts.of_slot, range(first, first + 50)) if b.kind == "release_night")
    feed = source()
    feed.advance(breakout.start + 300)
    recent = [c for c in feed.feed.all() if c.created >= breakout.start]
    threads = Counter(comment.thread.title for comment in recent)
    own = [title for title in threads if breakout.film.title in title and title.startswith("Official Discussion")]
    assert own
    assert threads[own[0]] >= 10


def test_breakouts_change_who_leads() -> None:
    """In a window of five minutes at the default rate, most breakouts put their film among the first three."""
    schedule, first, seen = Interest(FILMS, 7).breakouts, int(NOW // BREAKOUT_SLOT), 0
    for breakout in map(schedule.of_slot, range(first, first + 8)):
        feed = source()
        feed.advance(breakout.start + 330)
        recent = [comment for comment in feed.feed.all() if comment.created >= breakout.start + 30]
        mentions = Counter(mention.movie_id for comment in recent for mention in comment.truth.mentions)
        seen += breakout.film.id in {film for film, _ in mentions.most_common(3)}
    assert seen >= 6


def test_films_of_one_title_are_written_about_without_an_end() -> None:
    alike = [replace(film, title="Heat") for film in FILMS[:30]]
    feed = LiveSource(alike, seed=7, rate=1.1, subreddits=("movies",))
    feed.advance(NOW)
    assert len(list(feed.feed.all())) == 1_000
