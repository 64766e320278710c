//! vaderSentiment's compound, as `processors/sentiment/fast_vader.py` computes it, over the tables Python hands in.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rustc_hash::FxHashMap;

use crate::catalogue::entry;
use crate::chars::{Chars, UPPER};
use crate::words::Words;

/// Distinct tokens remembered; then the memory starts anew.
const CACHED_TOKENS: usize = 200_000;

/// Words the rules ask for by name, then those of the idioms.
mod named {
    pub const NONE: u16 = 0;
    pub const KIND: u16 = 1;
    pub const OF: u16 = 2;
    pub const NO: u16 = 3;
    pub const OR: u16 = 4;
    pub const NOR: u16 = 5;
    pub const NEVER: u16 = 6;
    pub const SO: u16 = 7;
    pub const THIS: u16 = 8;
    pub const WITHOUT: u16 = 9;
    pub const DOUBT: u16 = 10;
    pub const LEAST: u16 = 11;
    pub const AT: u16 = 12;
    pub const VERY: u16 = 13;
    pub const BUT: u16 = 14;
    /// In a phrase's third place: it has two words.
    pub const PAIR: u16 = u16::MAX;
    pub const ALL: [&str; 15] =
        ["", "kind", "of", "no", "or", "nor", "never", "so", "this", "without", "doubt", "least", "at", "very", "but"];
}

#[derive(Clone, Copy, PartialEq)]
struct Token {
    /// Its value in the lexicon; none for other words and for boosters.
    valence: Option<f64>,
    /// The lexicon's value, boosters included.
    lexicon: f64,
    known: bool,
    name: u16,
    upper: bool,
    booster: f64,
    negates: bool,
}

/// Tokens the rules know nothing of, in small letters and in capitals: most are like these, and the memory stays small.
const PLAIN: [Token; 2] = [plain(false), plain(true)];

const fn plain(upper: bool) -> Token {
    Token { valence: None, lexicon: 0.0, known: false, name: named::NONE, upper, booster: 0.0, negates: false }
}

type Phrase = (u16, u16, u16);

pub struct Vader {
    lexicon: FxHashMap<String, f64>,
    boosters: FxHashMap<String, f64>,
    negations: Vec<String>,
    emojis: FxHashMap<char, Vec<char>>,
    names: FxHashMap<String, u16>,
    idioms: FxHashMap<Phrase, f64>,
    booster_phrases: FxHashMap<Phrase, f64>,
    increment: f64,
    negation: f64,
    /// Whether Python's `sum` compensates (from 3.12 on).
    compensated: bool,
    /// By token, its place in `met`.
    tokens: Words<[char], u32>,
    /// `PLAIN`, then each other one.
    met: Vec<Token>,
}

impl Vader {
    pub fn new(table: &Bound<'_, PyDict>) -> PyResult<Self> {
        let pairs = |name: &str| -> PyResult<Vec<(String, f64)>> { entry(table, name) };
        let boosters = pairs("boosters")?;
        let mut vader = Self {
            lexicon: pairs("lexicon")?.into_iter().collect(),
            boosters: boosters.iter().cloned().collect(),
            negations: entry(table, "negations")?,
            emojis: entry::<Vec<(char, String)>>(table, "emojis")?
                .into_iter()
                .map(|(emoji, description)| (emoji, description.chars().collect()))
                .collect(),
            names: named::ALL.iter().enumerate().skip(1).map(|(n, word)| ((*word).to_owned(), n as u16)).collect(),
            idioms: FxHashMap::default(),
            booster_phrases: FxHashMap::default(),
            increment: entry(table, "increment")?,
            negation: entry(table, "negation")?,
            compensated: entry(table, "compensated")?,
            tokens: Words::default(),
            met: PLAIN.to_vec(),
        };
        for (phrase, value) in pairs("idioms")? {
            let key = vader.phrase(&phrase);
            key.map(|key| vader.idioms.insert(key, value));
        }
        for (phrase, value) in boosters {
            let key = vader.phrase(&phrase);
            key.map(|key| vader.booster_phrases.insert(key, value));
        }
        Ok(vader)
    }

    /// The key of a phrase of two or three words; the rules ask for no others.
    fn phrase(&mut self, phrase: &str) -> Option<Phrase> {
        let words: Vec<&str> = phrase.split(' ').collect();
        if !(2..=3).contains(&words.len()) {
            return None;
        }
        let mut number = |word: &str| {
            let next = self.names.len() as u16 + 1;
            *self.names.entry(word.to_owned()).or_insert(next)
        };
        let (first, second) = (number(words[0]), number(words[1]));
        Some((first, second, words.get(2).map_or(named::PAIR, |word| number(word))))
    }

    /// The compound of a text whose characters are all known and none odd.
    pub fn compound(&mut self, chars: &Chars, text: &[char]) -> f64 {
        let described;
        let text = if text.iter().any(|c| !c.is_ascii() && self.emojis.contains_key(c)) {
            described = self.described(text);
            &described[..]
        } else {
            text
        };
        let mut tokens = Vec::with_capacity(text.len() / 5 + 1);
        tokens.extend(chars.split(text).map(|word| self.token(chars, word)));
        let mixed = {
            let upper = tokens.iter().filter(|token| token.upper).count();
            0 < upper && upper < tokens.len()
        };
        let (mut places, mut values) = (Vec::new(), Vec::new());
        for (at, token) in tokens.iter().enumerate() {
            let Some(valence) = token.valence else { continue };
            if token.name == named::KIND && tokens.get(at + 1).is_some_and(|next| next.name == named::OF) {
                continue;
            }
            let value = self.valence(&tokens, at, valence, mixed);
            if value != 0.0 {
                places.push(at);
                values.push(value);
            }
        }
        if values.is_empty() {
            return 0.0;
        }
        weigh_but(&tokens, &places, &mut values);
        self.sum_up(&values, text)
    }

    fn described(&self, text: &[char]) -> Vec<char> {
        let mut found = Vec::with_capacity(text.len() + 64);
        let mut after_space = true;
        for c in text {
            if let Some(description) = self.emojis.get(c) {
                if !after_space {
                    found.push(' ');
                }
                found.extend(description);
                after_space = false;
            } else {
                found.push(*c);
                after_space = *c == ' ';
            }
        }
        found
    }

    fn token(&mut self, chars: &Chars, word: &[char]) -> Token {
        if let Some(&place) = self.tokens.get(word) {
            return self.met[place as usize];
        }
        if self.tokens.len() > CACHED_TOKENS {
            self.tokens.clear();
            self.met.truncate(PLAIN.len());
        }
        let token = self.take_apart(chars, word);
        let place = PLAIN.iter().position(|plain| *plain == token).unwrap_or(self.met.len());
        if place == self.met.len() {
            self.met.push(token);
        }
        self.tokens.insert(word, place as u32);
        token
    }

    fn take_apart(&self, chars: &Chars, word: &[char]) -> Token {
        let mut stripped = word;
        while let [first, rest @ ..] = stripped {
            if !first.is_ascii_punctuation() {
                break;
            }
            stripped = rest;
        }
        while let [rest @ .., last] = stripped {
            if !last.is_ascii_punctuation() {
                break;
            }
            stripped = rest;
        }
        if stripped.len() <= 2 {
            stripped = word;
        }
        let lower: String = stripped.iter().map(|&c| chars.of(c).lower).collect();
        let booster = self.boosters.get(&lower).copied();
        let lexicon = self.lexicon.get(&lower).copied();
        Token {
            valence: if booster.is_some() { None } else { lexicon },
            lexicon: lexicon.unwrap_or(0.0),
            known: lexicon.is_some(),
            name: self.names.get(&lower).copied().unwrap_or(named::NONE),
            upper: stripped.iter().any(|&c| chars.is(c, UPPER)) && chars.is_upper_text(stripped),
            booster: booster.unwrap_or(0.0),
            negates: lower.contains("n't") || self.negations.contains(&lower),
        }
    }

    fn valence(&self, tokens: &[Token], at: usize, mut valence: f64, mixed: bool) -> f64 {
        let token = &tokens[at];
        if token.name == named::NO && tokens.get(at + 1).is_some_and(|next| next.known) {
            valence = 0.0;
        }
        if after_no(tokens, at) {
            valence = token.lexicon * self.negation;
        }
        if token.upper && mixed {
            valence = if valence > 0.0 { valence + self.increment } else { valence - self.increment };
        }
        for distance in 1..=at.min(3) {
            let before = &tokens[at - distance];
            if before.known {
                continue;
            }
            if before.booster != 0.0 {
                valence += self.boost(before, valence, distance, mixed);
            }
            valence = self.negate(valence, tokens, at, distance);
            if distance == 3 {
                valence = self.with_idioms(valence, tokens, at);
            }
        }
        let least = at > 0 && tokens[at - 1].name == named::LEAST && !tokens[at - 1].known;
        if least && (at == 1 || !matches!(tokens[at - 2].name, named::AT | named::VERY)) {
            valence *= self.negation;
        }
        valence
    }

    fn boost(&self, before: &Token, valence: f64, distance: usize, mixed: bool) -> f64 {
        let mut scalar = if valence < 0.0 { -before.booster } else { before.booster };
        if before.upper && mixed {
            scalar = if valence > 0.0 { scalar + self.increment } else { scalar - self.increment };
        }
        match distance {
            1 => scalar,
            2 => scalar * 0.95,
            _ => scalar * 0.9,
        }
    }

    fn negate(&self, valence: f64, tokens: &[Token], at: usize, distance: usize) -> f64 {
        let before = &tokens[at - distance];
        let negated = if before.negates { valence * self.negation } else { valence };
        let one = tokens[at - 1].name;
        let stressed = |name: u16| matches!(name, named::SO | named::THIS);
        match distance {
            1 => negated,
            2 if before.name == named::NEVER && stressed(one) => valence * 1.25,
            2 if before.name == named::WITHOUT && one == named::DOUBT => valence,
            2 => negated,
            _ => {
                let two = tokens[at - 2].name;
                if (before.name == named::NEVER && stressed(two)) || stressed(one) {
                    valence * 1.25
                } else if before.name == named::WITHOUT && (one == named::DOUBT || two == named::DOUBT) {
                    valence
                } else {
                    negated
                }
            }
        }
    }

    fn with_idioms(&self, mut valence: f64, tokens: &[Token], at: usize) -> f64 {
        let name = |place: usize| tokens[place].name;
        let (zero, one, two, three) = (name(at), name(at - 1), name(at - 2), name(at - 3));
        let (two_one, three_two_one, three_two) =
            ((two, one, named::PAIR), (three, two, one), (three, two, named::PAIR));
        for phrase in [(one, zero, named::PAIR), (two, one, zero), two_one, three_two_one, three_two] {
            if let Some(value) = find(&self.idioms, phrase) {
                valence = value;
                break;
            }
        }
        if at + 1 < tokens.len() {
            valence = find(&self.idioms, (zero, name(at + 1), named::PAIR)).unwrap_or(valence);
            if at + 2 < tokens.len() {
                valence = find(&self.idioms, (zero, name(at + 1), name(at + 2))).unwrap_or(valence);
            }
        }
        for phrase in [three_two_one, three_two, two_one] {
            valence = find(&self.booster_phrases, phrase).map_or(valence, |value| valence + value);
        }
        valence
    }

    fn sum_up(&self, values: &[f64], text: &[char]) -> f64 {
        let mut total = if self.compensated { compensated_sum(values) } else { values.iter().fold(0.0, |a, b| a + b) };
        let questions = text.iter().filter(|&&c| c == '?').count();
        let exclamations = text.iter().filter(|&&c| c == '!').count().min(4);
        let asked = match questions {
            0 | 1 => 0.0,
            2 | 3 => f64::from(questions as u32) * 0.18,
            _ => 0.96,
        };
        let emphasis = f64::from(exclamations as u32) * 0.292 + asked;
        if total > 0.0 {
            total += emphasis;
        } else if total < 0.0 {
            total -= emphasis;
        }
        round4((total / (total * total + 15.0).sqrt()).clamp(-1.0, 1.0))
    }
}

/// A phrase all of whose words are named.
fn find(phrases: &FxHashMap<Phrase, f64>, phrase: Phrase) -> Option<f64> {
    if [phrase.0, phrase.1, phrase.2].contains(&named::NONE) {
        return None;
    }
    phrases.get(&phrase).copied()
}

fn after_no(tokens: &[Token], at: usize) -> bool {
    let is_no = |back: usize| at >= back && tokens[at - back].name == named::NO;
    is_no(1) || is_no(2) || (is_no(3) && matches!(tokens[at - 1].name, named::OR | named::NOR))
}

/// Words before the first "but" count half, after it half again as much; of equal values the first one is changed.
fn weigh_but(tokens: &[Token], places: &[usize], values: &mut [f64]) {
    let Some(but) = tokens.iter().position(|token| token.name == named::BUT) else { return };
    for n in 0..values.len() {
        let value = values[n];
        let first = values.iter().position(|&other| other == value).unwrap_or(n);
        if places[first] < but {
            values[first] = value * 0.5;
        } else if places[first] > but {
            values[first] = value * 1.5;
        }
    }
}

/// Neumaier's sum, as CPython's `sum` does it from 3.12 on.
fn compensated_sum(values: &[f64]) -> f64 {
    let (mut sum, mut rest) = (0.0_f64, 0.0_f64);
    for &value in values {
        let next = sum + value;
        rest += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
        sum = next;
    }
    if rest != 0.0 && rest.is_finite() { sum + rest } else { sum }
}

/// Python's `round(value, 4)`: correctly rounded from the exact value, which a product alone is not near a half.
fn round4(value: f64) -> f64 {
    let scaled = value * 1e4;
    if ((scaled - scaled.floor()) - 0.5).abs() < 1e-6 {
        return format!("{value:.4}").parse().unwrap_or(value);
    }
    scaled.round_ties_even() / 1e4
}
