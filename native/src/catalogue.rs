//! The catalogue as Python's linker built it: words, forms, films and the weights of the features.

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::context::Word;
use crate::trie::Trie;
use crate::words::Words;

/// Takes one entry of a table.
pub fn entry<'py, T: for<'a> FromPyObject<'a, 'py>>(table: &Bound<'py, PyDict>, name: &str) -> PyResult<T> {
    let value = table.get_item(name)?.ok_or_else(|| PyKeyError::new_err(name.to_owned()))?;
    value.extract().map_err(Into::into)
}

/// Bits of what a word is, in the order of `processors/linking/native.py`.
pub mod bits {
    pub const FIRST: u32 = 1;
    pub const FILM: u32 = 1 << 1;
    pub const OTHER: u32 = 1 << 2;
    pub const SERIES: u32 = 1 << 3;
    pub const NEXT: u32 = 1 << 4;
    pub const ANY: u32 = 1 << 5;
    pub const RELEASE: u32 = 1 << 6;
    pub const BE: u32 = 1 << 7;
    pub const OUT: u32 = 1 << 8;
    pub const SMALL: u32 = 1 << 9;
    pub const SEQUEL: u32 = 1 << 10;
    pub const WATCH: u32 = 1 << 11;
    pub const JOINER: u32 = 1 << 12;
    /// A number that is no plain word: not "i", not "one".
    pub const NUMBER: u32 = 1 << 13;
    /// Written in small letters more often than not.
    pub const PLAIN: u32 = 1 << 14;
    pub const TALK: u32 = 1 << 15;
    pub const STORY: u32 = 1 << 16;
    pub const WORK: u32 = 1 << 17;
    pub const CAME: u32 = 1 << 18;
    pub const ONWARD: u32 = 1 << 19;
}

#[derive(Clone, Copy, Default)]
pub struct WordFacts {
    pub before: f64,
    pub after: f64,
    pub bits: u32,
}

/// The words that matter: those of titles, and those with facts.
pub struct Vocabulary {
    ids: Words<str, u32>,
    facts: Vec<WordFacts>,
}

impl Vocabulary {
    pub const UNKNOWN: u32 = u32::MAX;

    fn new(words: Vec<(String, f64, f64, u32)>) -> Self {
        let mut vocabulary = Self { ids: Words::default(), facts: Vec::new() };
        for (word, before, after, bits) in words {
            let id = vocabulary.add(&word);
            vocabulary.facts[id as usize] = WordFacts { before, after, bits };
        }
        vocabulary
    }

    fn add(&mut self, word: &str) -> u32 {
        if let Some(&id) = self.ids.get(word) {
            return id;
        }
        let id = self.facts.len() as u32;
        self.ids.insert(word, id);
        self.facts.push(WordFacts::default());
        id
    }

    pub fn id(&self, word: &str) -> u32 {
        self.ids.get(word).copied().unwrap_or(Self::UNKNOWN)
    }

    pub fn facts(&self, id: u32) -> WordFacts {
        self.facts.get(id as usize).copied().unwrap_or_default()
    }

    pub fn is(&self, id: u32, bit: u32) -> bool {
        self.facts(id).bits & bit != 0
    }
}

/// A form in which some films are named; `processors/linking/index.py`, `Surface`.
pub struct Surface {
    pub text: String,
    pub words: usize,
    /// Whether the first word is an article that does not tell.
    pub article: bool,
    pub length: usize,
    pub entries: Vec<(u32, u8)>,
    pub ordinariness: f64,
    pub nameness: f64,
    pub rarest: f64,
    pub common: bool,
    pub everywhere: bool,
    pub place: bool,
    pub given_name: bool,
    pub digits: bool,
    /// log2 of the films of its series.
    pub franchise: f64,
}

/// As Python gives it: text, words, length of the article, entries, numbers, marks.
pub type SurfaceRow = (String, usize, Vec<(u32, u8)>, (f64, f64, f64, f64), (bool, bool, bool, bool));

impl Surface {
    /// Words, a leading article aside.
    pub fn main_words(&self) -> usize {
        self.words - usize::from(self.article)
    }

    pub fn from_row(row: SurfaceRow) -> Self {
        let (text, head, entries, (ordinariness, nameness, rarest, franchise), (common, everywhere, place, given)) =
            row;
        Self {
            words: text.split(' ').count(),
            article: head > 0,
            length: text.chars().count(),
            digits: text.bytes().any(|b| b.is_ascii_digit()),
            text,
            entries,
            ordinariness,
            nameness,
            rarest,
            common,
            everywhere,
            place,
            given_name: given,
            franchise,
        }
    }
}

pub struct Film {
    pub movie_id: i64,
    pub year: Option<i32>,
    /// ln(1 + votes), or what is assumed for them.
    pub fame: f64,
    /// log10(1 + votes) - 3, clipped.
    pub votes: f64,
    /// Powers of ten by which its id is below those of its year.
    pub earliness: f64,
    pub votes_unknown: bool,
    /// Number of its series; 0 for none.
    pub series: u32,
    /// Begins a series, or begins it anew.
    pub first: bool,
}

/// The fields of a film, in their order.
type FilmRow = (i64, Option<i32>, f64, f64, f64, bool, u32, bool);

impl Film {
    fn from_row((movie_id, year, fame, votes, earliness, votes_unknown, series, first): FilmRow) -> Self {
        Self { movie_id, year, fame, votes, earliness, votes_unknown, series, first }
    }
}

pub struct Catalogue {
    pub vocabulary: Vocabulary,
    pub surfaces: Vec<Surface>,
    pub films: Vec<Film>,
    forms: Trie,
}

impl Catalogue {
    pub fn new(table: &Bound<'_, PyDict>) -> PyResult<Self> {
        let rows: Vec<SurfaceRow> = entry(table, "surfaces")?;
        let films: Vec<FilmRow> = entry(table, "films")?;
        let mut vocabulary = Vocabulary::new(entry(table, "words")?);
        let surfaces: Vec<Surface> = rows.into_iter().map(Surface::from_row).collect();
        let mut words = |surface: &Surface| surface.text.split(' ').map(|word| vocabulary.add(word)).collect();
        let texts: Vec<Vec<u32>> = surfaces.iter().map(&mut words).collect();
        let mut forms = Trie::new(vocabulary.facts.len());
        for (number, text) in texts.iter().enumerate() {
            forms.add(text, number as u32);
        }
        Ok(Self { vocabulary, surfaces, films: films.into_iter().map(Film::from_row).collect(), forms })
    }

    /// Every surface in a text, as (first word, last word, surface), by end and then the longest first.
    pub fn matches(&self, words: &[Word]) -> Vec<(usize, usize, u32)> {
        self.forms.matches(words.iter().map(|word| word.id))
    }
}
