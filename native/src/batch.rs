//! The records of one Arrow batch on their way to packets (`processors/batch.py`).

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::buffer::{Element, PyBuffer};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::message::{Comment, read};
use crate::{Analyzer, Linker};

/// Columns of the records' batch; buffers of Arrow, not copied.
#[pyclass(frozen, module = "trendscope_native")]
pub struct Columns {
    offsets: PyBuffer<i32>,
    data: PyBuffer<u8>,
    partitions: PyBuffer<i32>,
    places: PyBuffer<i64>,
    appends: PyBuffer<i64>,
}

#[pymethods]
impl Columns {
    /// Arrays of one element a record, `offsets` of one more: where in `data` its value begins and ends.
    #[new]
    fn new(
        offsets: PyBuffer<i32>,
        data: PyBuffer<u8>,
        partitions: PyBuffer<i32>,
        places: PyBuffer<i64>,
        appends: PyBuffer<i64>,
    ) -> Self {
        Self { offsets, data, partitions, places, appends }
    }
}

fn cells<T: Element>(buffer: &PyBuffer<T>) -> PyResult<&[T]> {
    if !buffer.is_c_contiguous() {
        return Err(PyValueError::new_err("a column is not contiguous"));
    }
    if buffer.item_count() == 0 {
        return Ok(&[]);
    }
    // SAFETY: contiguous, of this type, held by `buffer`; Arrow's buffers and the arrays made for `Columns` are
    // never written to once they are there.
    Ok(unsafe { std::slice::from_raw_parts(buffer.buf_ptr().cast::<T>(), buffer.item_count()) })
}

/// What a record must keep to besides its schema; see `processors/parse.py`.
#[derive(Clone, Copy)]
struct Limits {
    body_bytes: usize,
    future_skew: i64,
    oldest: i64,
}

#[derive(Default)]
struct Bucket {
    mentions: Vec<u8>,
    orders: Vec<u8>,
    lengths: Vec<u8>,
    data: Vec<u8>,
}

/// Why `run` came back.
#[pyclass(eq, eq_int, module = "trendscope_native")]
#[derive(Clone, Copy, PartialEq)]
pub enum Stop {
    Done,
    /// The record at hand is one for the Python code.
    Unusual,
    /// The record at hand was appended outside the view.
    View,
}

#[pyclass(module = "trendscope_native")]
pub struct Batch {
    limits: Limits,
    examples_per_film: u32,
    buckets: Vec<Bucket>,
    comments: Vec<u8>,
    examples: FxHashMap<i64, u32>,
    #[pyo3(get)]
    newest_event: i64,
    #[pyo3(get)]
    not_organic: u64,
    #[pyo3(get)]
    uncertain: u64,
}

struct Said {
    movie: i64,
    thread: bool,
    start: usize,
    end: usize,
    compound: f64,
}

#[pymethods]
impl Batch {
    #[new]
    fn new(buckets: usize, body_bytes: usize, future_skew: i64, oldest: i64, examples_per_film: u32) -> Self {
        Self {
            limits: Limits { body_bytes, future_skew, oldest },
            examples_per_film,
            buckets: (0..buckets).map(|_| Bucket::default()).collect(),
            comments: Vec::new(),
            examples: FxHashMap::default(),
            newest_event: 0,
            not_organic: 0,
            uncertain: 0,
        }
    }

    /// Do the records from `first` on that were appended in [since, until): (the next record, why it stopped, the films
    /// mentioned in the order of their first mention).
    #[allow(clippy::too_many_arguments)]
    fn run(
        &mut self,
        py: Python<'_>,
        columns: &Columns,
        first: usize,
        since: i64,
        until: i64,
        linker: &mut Linker,
        analyzer: &mut Analyzer,
    ) -> PyResult<(usize, Stop, Vec<i64>)> {
        let (offsets, data) = (cells(&columns.offsets)?, cells(&columns.data)?);
        let (partitions, places) = (cells(&columns.partitions)?, cells(&columns.places)?);
        let appends = cells(&columns.appends)?;
        let mut met = FxHashSet::default();
        let mut movies = Vec::new();
        for row in first..places.len() {
            let append = appends[row];
            if append < since || append >= until {
                return Ok((row, Stop::View, movies));
            }
            let (start, end) = (offsets[row] as usize, offsets[row + 1] as usize);
            let Some(comment) = self.read(&data[start..end], append) else { return Ok((row, Stop::Unusual, movies)) };
            if comment.search {
                self.not_organic += 1;
                continue;
            }
            let order = i64::from(partitions[row]) << 48 | places[row];
            // What fails here fails in Python too, if it is the comment's fault; there it is set aside with the reason.
            let done = catch_unwind(AssertUnwindSafe(|| understand(py, &comment, linker, analyzer)));
            let Some((said, uncertain)) = done.ok().and_then(PyResult::ok).flatten() else {
                return Ok((row, Stop::Unusual, movies));
            };
            self.uncertain += uncertain as u64;
            self.count(&comment, order, &said);
            movies.extend(said.iter().map(|one| one.movie).filter(|movie| met.insert(*movie)));
        }
        Ok((places.len(), Stop::Done, movies))
    }

    /// Whether another example of a film is wanted; counts it.
    fn wants_example(&mut self, movie: i64) -> bool {
        let taken = self.examples.entry(movie).or_default();
        *taken += 1;
        *taken <= self.examples_per_film
    }

    /// The comments' table.
    fn comments<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.comments)
    }

    /// A bucket's mentions, and the orders, lengths and bytes of its examples.
    fn bucket<'py>(&self, py: Python<'py>, number: usize) -> [Bound<'py, PyBytes>; 4] {
        let bucket = &self.buckets[number];
        [&bucket.mentions, &bucket.orders, &bucket.lengths, &bucket.data].map(|bytes| PyBytes::new(py, bytes))
    }
}

impl Batch {
    fn read<'v>(&self, value: &'v [u8], append: i64) -> Option<Comment<'v>> {
        let comment = read(value)?;
        let bytes: usize = comment.body.iter().map(|c| c.len_utf8()).sum();
        let millis = comment.created.millis;
        let fits = bytes <= self.limits.body_bytes
            && millis <= append + self.limits.future_skew
            && millis >= self.limits.oldest
            && compact_id(&comment.id).is_some();
        fits.then_some(comment)
    }

    fn count(&mut self, comment: &Comment<'_>, order: i64, said: &[Said]) {
        let created = comment.created.millis;
        self.newest_event = self.newest_event.max(created);
        self.comments.extend_from_slice(&order.to_le_bytes());
        self.comments.extend_from_slice(&compact_id(&comment.id).unwrap_or_default().to_le_bytes());
        self.comments.extend_from_slice(&created.to_le_bytes());
        self.comments.extend_from_slice(&(said.len() as u32).to_le_bytes());
        for one in said {
            let wanted = self.wants_example(one.movie);
            let number = one.movie as usize % self.buckets.len();
            let bucket = &mut self.buckets[number];
            let units = (one.compound * 1e11).round_ties_even() as i64;
            bucket.mentions.extend_from_slice(&order.to_le_bytes());
            bucket.mentions.extend_from_slice(&units.to_le_bytes());
            bucket.mentions.extend_from_slice(&(one.movie as i32).to_le_bytes());
            bucket.mentions.extend_from_slice(&i32::from(one.thread).to_le_bytes());
            if wanted {
                let before = bucket.data.len();
                example(&mut bucket.data, comment, one);
                bucket.orders.extend_from_slice(&order.to_le_bytes());
                bucket.lengths.extend_from_slice(&((bucket.data.len() - before) as u64).to_le_bytes());
            }
        }
    }
}

/// What a comment says of films, and how many links are not sure; none when Python has to look.
fn understand(
    py: Python<'_>,
    comment: &Comment<'_>,
    linker: &mut Linker,
    analyzer: &mut Analyzer,
) -> PyResult<Option<(Vec<Said>, usize)>> {
    if !linker.chars.know(py, &comment.body)? {
        return Ok(None);
    }
    let year = Some(comment.created.year);
    let thread = linker.inner.thread(py, comment.title.as_deref().unwrap_or_default(), year)?;
    let context = linker.inner.context(&linker.chars, &comment.body);
    let links = linker.inner.link(&context, &thread, year);
    let scores = crate::sentiment::score(&mut analyzer.vader, &linker.chars, &context.text, &links);
    let said = links.mentions.iter().zip(scores).map(|(mention, compound)| Said {
        movie: linker.inner.catalogue.films[mention.film as usize].movie_id,
        thread: mention.thread,
        start: mention.start,
        end: mention.end,
        compound,
    });
    Ok(Some((said.collect(), links.uncertain.len())))
}

/// Reddit's ids of base 36 with a 1 before them, as `processors/ids.py`; none for other ids.
fn compact_id(id: &str) -> Option<i64> {
    let exact = id.len() <= 11 && id.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
    exact.then(|| id.chars().fold(1, |sum, c| sum * 36 + i64::from(c.to_digit(36).unwrap_or_default())))
}

/// A `MentionExample` as JSON, as pydantic writes it.
fn example(out: &mut Vec<u8>, comment: &Comment<'_>, one: &Said) {
    let mut text = format!("{{\"movie_id\":{},\"comment_id\":", one.movie);
    quoted(&mut text, comment.id.chars());
    text.push_str(&format!(",\"created_utc\":\"{}\",\"subreddit\":", comment.created.text()));
    quoted(&mut text, comment.subreddit.chars());
    for (name, value) in [("submission_title", &comment.title), ("permalink", &comment.permalink)] {
        text.push_str(&format!(",\"{name}\":"));
        match value {
            Some(value) => quoted(&mut text, value.chars()),
            None => text.push_str("null"),
        }
    }
    text.push_str(",\"excerpt\":");
    quoted(&mut text, excerpt(&comment.body, one.start, one.end).into_iter());
    let via = if one.thread { "thread" } else { "text" };
    text.push_str(&format!(",\"sentiment\":{:?},\"via\":\"{via}\"}}", one.compound));
    out.extend_from_slice(text.as_bytes());
}

fn quoted(out: &mut String, text: impl Iterator<Item = char>) {
    out.push('"');
    for c in text {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

const BEFORE: usize = 120;
const LENGTH: usize = 300;

/// As `processors/excerpt.py`.
fn excerpt(body: &[char], start: usize, end: usize) -> Vec<char> {
    let mut left = start.saturating_sub(BEFORE);
    let mut right = end.max(left + LENGTH);
    if left > 0 {
        left = body[left..start].iter().position(|&c| c == ' ').map_or(left, |at| left + at + 1);
    }
    let cut = right < body.len();
    right = right.min(body.len());
    if cut {
        let space = body[end..right].iter().rposition(|&c| c == ' ').map(|at| end + at);
        right = space.filter(|&space| space > end).unwrap_or(right);
    }
    let mut found = Vec::with_capacity(LENGTH + 2);
    if left > 0 {
        found.push('…');
    }
    let words = body[left..right].split(|c| is_python_space(*c)).filter(|word| !word.is_empty());
    for (number, word) in words.enumerate() {
        if number > 0 {
            found.push(' ');
        }
        found.extend_from_slice(word);
    }
    if cut {
        found.push('…');
    }
    found
}

/// `str.isspace`: Unicode's white space, and the four separators of ASCII.
fn is_python_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}
