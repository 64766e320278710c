"""The small pure pieces: packing, ids, bucket keys, windows, the TrendScore, the state's binary form."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.settings import load_settings
from contracts.errors import ConfigurationError
from processors.buckets import bucket_keys, spark_hash
from processors.ids import compact_id, record_order
from processors.packing import PackingError, join_blobs, pack, split_blobs, unpack
from processors.records import COMMENT, DocumentKind, Documents, Packet
from processors.state import EMITTED, BucketState
from processors.trend_score import ScoreRule, trend_score
from processors.windows import WindowRule, find, make_keys, movie_of, number_of
from tests import oracle
from tests.support.folding import Poll, packet

RULE = ScoreRule.from_settings(load_settings(_env_file=None))


class TestPacking:
    def test_round_trip(self) -> None:
        table = np.array([(1, 2, 3, 4), (5, 6, 7, 8)], COMMENT)
        meta, tables = unpack(pack({"a": [1, None]}, {"t": table}), {"t": COMMENT})
        assert meta == {"a": [1, None]}
        assert tables["t"].tolist() == table.tolist()

    @given(st.lists(st.binary(max_size=50)))
    def test_blobs(self, blobs: list[bytes]) -> None:
        assert split_blobs(*join_blobs(blobs)) == blobs

    @given(st.binary(max_size=40))
    def test_other_bytes_are_refused(self, value: bytes) -> None:
        with pytest.raises(PackingError):
            unpack(value, {})

    @pytest.mark.parametrize("change", [lambda v: v[:-1], lambda v: v + b"x"])
    def test_a_cut_value_is_refused(self, change: Any) -> None:
        value = pack({}, {"t": np.zeros(3, COMMENT)})
        with pytest.raises((PackingError, ValueError)):
            unpack(change(value), {"t": COMMENT})

    def test_a_packet_survives_the_way(self) -> None:
        comment = oracle.OracleComment("x1", 1_760_000_000_000, ((7, "thread", -0.25),))
        documents = {DocumentKind.FILM: Documents([3, 1], [b"\x00\xff", b""])}
        sent = packet([(5, comment)], [Poll(7, 100)], 0, 1, documents=documents, dead_letters=2, first_comment=9)
        got = Packet.decode(sent.encode())
        assert got.encode() == sent.encode()
        assert got.documents == documents
        assert (got.dead_letters, got.first_comment, got.last_append) == (2, 9, 100)


class TestIds:
    @given(st.text(max_size=13), st.text(max_size=13))
    def test_different_ids_have_different_numbers(self, left: str, right: str) -> None:
        assert (compact_id(left) == compact_id(right)) == (left == right)

    @given(st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=11))
    def test_reddits_ids_are_exact(self, text: str) -> None:
        number = compact_id(text)
        digits = ""
        while number:
            number, digit = divmod(number, 36)
            digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
        assert digits == "1" + text

    @pytest.mark.parametrize("text", ["T1_abc", "a" * 64, "a\x00b", "é", "１２", "\ud800", "a_b", " a", ""])
    def test_any_text_fits_64_bits(self, text: str) -> None:
        assert -(2**63) <= compact_id(text) < 2**63

    def test_order_is_by_partition_then_offset(self) -> None:
        assert record_order(0, 10) < record_order(0, 11) < record_order(1, 0)


class TestBuckets:
    def test_hash_is_sparks(self) -> None:
        # SELECT hash(0), hash(1), hash(2) in Spark SQL
        assert [spark_hash(value) for value in (0, 1, 2)] == [933211791, -559580957, 1765031574]

    @given(st.integers(1, 64))
    def test_one_key_a_partition(self, partitions: int) -> None:
        assert [spark_hash(key) % partitions for key in bucket_keys(partitions)] == list(range(partitions))


class TestWindows:
    @given(st.integers(1, 2**31 - 1), st.integers(0, 2**32 - 1))
    def test_keys_are_reversible(self, movie: int, number: int) -> None:
        key = make_keys(np.array([movie]), np.array([number]))
        assert (movie_of(key).tolist(), number_of(key).tolist()) == ([movie], [number])

    @given(st.integers(0, 10**13), st.integers(0, 10**8))
    def test_ending_in_is_half_open(self, after: int, length: int) -> None:
        rule = WindowRule(slide=60_000, panes=5, delay=0, max_age=0)
        until = after + length
        ends = rule.end(rule.ending_in(after, until)).tolist()
        assert ends == [e for e in range(after // 60_000 * 60_000, until + 1, 60_000) if after < e <= until]

    @given(st.lists(st.integers(0, 20), unique=True), st.lists(st.integers(-1, 21)))
    def test_find(self, keys: list[int], wanted: list[int]) -> None:
        ordered = np.array(sorted(keys), np.int64)
        places, found = find(ordered, np.array(wanted, np.int64))
        assert found.tolist() == [value in keys for value in wanted]
        assert [int(ordered[p]) for p, ok in zip(places, found, strict=True) if ok] == [w for w in wanted if w in keys]

    def test_rule_of_the_default_settings(self) -> None:
        rule = WindowRule.from_settings(load_settings(_env_file=None))
        assert (rule.slide, rule.panes, rule.delay, rule.max_age) == (60_000, 5, 120_000, 86_400_000)


class TestTrendScore:
    @given(
        st.none() | st.floats(0, 1e12),
        st.lists(st.floats(-1, 1), max_size=80),
    )
    def test_equals_the_design(self, popularity: float | None, compounds: list[float]) -> None:
        parts = trend_score(RULE, popularity, len(compounds), math.fsum(compounds))
        window = oracle.Totals(text=len(compounds), compounds=compounds)
        assert parts.score == pytest.approx(oracle.trend_score(window, popularity), abs=1e-9)
        assert all(0 <= value <= 100 for value in (parts.popularity, parts.mentions, parts.sentiment, parts.score))

    def test_nothing_known_and_nothing_said(self) -> None:
        parts = trend_score(RULE, None, 0, 0.0)
        assert (parts.popularity, parts.mentions, parts.sentiment, parts.score) == (0, 0, 50, 15)

    def test_references_reach_the_top(self) -> None:
        parts = trend_score(RULE, 500, 50, 50.0)
        assert (parts.popularity, parts.mentions) == (100, 100)
        assert parts.sentiment == pytest.approx(50 * (1 + 50 / 55))

    def test_weights_are_normalised(self) -> None:
        rule = ScoreRule.from_settings(load_settings(_env_file=None, w1_popularity=2, w2_mentions=1, w3_sentiment=1))
        assert (rule.popularity_weight, rule.mentions_weight, rule.sentiment_weight) == (0.5, 0.25, 0.25)


class TestState:
    def test_round_trip(self) -> None:
        state = BucketState(emitted=np.array([(3, np.nan, 2)], EMITTED), mark=17, last_append=4)
        again = BucketState.decode(state.encode())
        assert again.encode() == state.encode()
        assert (again.mark, again.last_append, again.emitted["revision"].tolist()) == (17, 4, [2])

    @pytest.mark.parametrize("value", [b"", b"not a state", pack({"version": 999, "mark": None, "last_append": 0}, {})])
    def test_another_version_is_refused_with_what_to_do(self, value: bytes) -> None:
        with pytest.raises(ConfigurationError, match="start afresh with"):
            BucketState.decode(value)
