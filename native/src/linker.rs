//! Link a comment to the films it means (`processors/linking/linker.py`).

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rustc_hash::FxHashMap;

use crate::catalogue::{Catalogue, Surface, bits, entry};
use crate::chains::{Found, Surfaces, clear_ends, with_chains, with_company};
use crate::chars::Chars;
use crate::context::Context;
use crate::features::{ALTERNATIVE, INITIALS, Scorer, Site, ThreadTie, extract};
use crate::resolve::{Choice, Told, Worth, choose};

/// Spans looked at closely in one comment.
const MOST_SPANS: usize = 400;

/// What a thread's title says.
#[derive(Default)]
pub struct Thread {
    /// Its words with a space before and after; empty without a title.
    words: String,
    pub film: Option<u32>,
    pub series: u32,
    forms: Vec<Surface>,
}

pub struct Mention {
    pub film: u32,
    pub start: usize,
    pub end: usize,
    pub thread: bool,
    pub probability: f64,
}

#[derive(Default)]
pub struct Links {
    pub mentions: Vec<Mention>,
    pub uncertain: Vec<Mention>,
    /// (film, start, end) of every place where a mentioned film is named.
    pub places: Vec<(u32, usize, usize)>,
}

/// When a comment speaks of its thread's film without naming it; `processors/linking/about.py`.
struct About {
    nothing: Vec<String>,
    back: Vec<String>,
    short: usize,
    others: f64,
    usual: f64,
}

impl About {
    fn new(table: &Bound<'_, PyDict>) -> PyResult<Self> {
        Ok(Self {
            nothing: entry(table, "nothing")?,
            back: entry(table, "back")?,
            short: entry(table, "short")?,
            others: entry(table, "others")?,
            usual: entry(table, "usual")?,
        })
    }

    fn probability(&self, context: &Context<'_>, others: bool) -> f64 {
        if self.nothing.contains(&context.low) {
            return 0.0;
        }
        let short = context.words.len().max(1) < self.short;
        if others && short && !self.back.iter().any(|phrase| context.low.contains(phrase.as_str())) {
            return self.others;
        }
        self.usual
    }
}

/// A span judged; `taken` where it may count, and shorter spans within it have to give way.
struct Weighed {
    found: Found,
    film: u32,
    probability: f64,
    taken: bool,
}

pub struct Linker {
    pub catalogue: Catalogue,
    scorer: Scorer,
    worth: Worth,
    about: About,
    /// By the year it was written in, then by title.
    threads: FxHashMap<i32, FxHashMap<String, Arc<Thread>>>,
    threads_kept: usize,
    read_thread: Py<PyAny>,
}

/// A thread as Python reads it: its words, film, series and own forms.
type ThreadRow = (String, Option<u32>, u32, Vec<crate::catalogue::SurfaceRow>);

impl Linker {
    pub fn new(table: &Bound<'_, PyDict>) -> PyResult<Self> {
        Ok(Self {
            catalogue: Catalogue::new(table)?,
            scorer: Scorer::new(&entry(table, "scorer")?)?,
            worth: Worth::new(&entry(table, "worth")?)?,
            about: About::new(&entry(table, "about")?)?,
            threads: FxHashMap::default(),
            threads_kept: entry(table, "threads_kept")?,
            read_thread: entry(table, "read_thread")?,
        })
    }

    /// What a thread title says; remembered by title and year.
    pub fn thread(&mut self, py: Python<'_>, title: &str, created: Option<i32>) -> PyResult<Arc<Thread>> {
        let year = created.unwrap_or(0);
        if let Some(found) = self.threads.get(&year).and_then(|known| known.get(title)) {
            return Ok(Arc::clone(found));
        }
        let row: Option<ThreadRow> =
            if title.is_empty() { None } else { self.read_thread.call1(py, (title, created))?.extract(py)? };
        let found = Arc::new(row.map_or_else(Thread::default, |(words, film, series, forms)| Thread {
            words: if words.is_empty() { words } else { format!(" {words} ") },
            film,
            series,
            forms: forms.into_iter().map(Surface::from_row).collect(),
        }));
        if self.threads.values().map(FxHashMap::len).sum::<usize>() >= self.threads_kept {
            self.threads.clear();
        }
        self.threads.entry(year).or_default().insert(title.to_owned(), Arc::clone(&found));
        Ok(found)
    }

    pub fn context<'a>(&self, chars: &'a Chars, body: &[char]) -> Context<'a> {
        Context::new(chars, &self.catalogue.vocabulary, body)
    }

    /// The films a comment means, and those it may mean. `created`: the year it was written.
    pub fn link(&self, context: &Context<'_>, thread: &Thread, created: Option<i32>) -> Links {
        let mut links = Links::default();
        for (film, start, end, probability) in self.decide(context, thread, created) {
            let list = if probability >= self.scorer.accept {
                links.places.push((film, start, end));
                &mut links.mentions
            } else if probability >= self.scorer.uncertain {
                &mut links.uncertain
            } else {
                continue;
            };
            if !list.iter().any(|mention| mention.film == film) {
                list.push(Mention { film, start, end, thread: false, probability });
            }
        }
        let Links { mentions, uncertain, .. } = &mut links;
        uncertain.retain(|maybe| !mentions.iter().any(|mention| mention.film == maybe.film));
        if let Some(film) = thread.film.filter(|&film| !mentions.iter().any(|mention| mention.film == film)) {
            let series = |mention: &Mention| self.catalogue.films[mention.film as usize].series;
            let others = mentions.iter().any(|mention| thread.series == 0 || series(mention) != thread.series);
            let probability = self.about.probability(context, others);
            if probability >= 0.5 {
                mentions.push(Mention { film, start: 0, end: 0, thread: true, probability });
            }
        }
        links
    }

    /// (film, start, end, probability) of the spans that do not overlap, in the order of the text.
    fn decide(&self, context: &Context<'_>, thread: &Thread, created: Option<i32>) -> Vec<(u32, usize, usize, f64)> {
        let surfaces = Surfaces { catalogue: &self.catalogue, forms: &thread.forms };
        let accept = self.scorer.accept;
        let mut kept: Vec<Weighed> = Vec::new();
        for found in self.found(context, &surfaces).iter().take(MOST_SPANS) {
            let over = |other: &Weighed| other.taken && other.found.overlaps(found);
            if kept.iter().any(|other| over(other) && other.probability >= accept) {
                continue;
            }
            let Some((film, probability)) = self.weigh(found, context, thread, &surfaces, created) else { continue };
            if kept.iter().any(over) {
                let same = kept.iter_mut().filter(|other| over(other) && other.film == film && probability >= accept);
                same.for_each(|other| other.probability = probability);
                continue;
            }
            kept.push(Weighed { found: *found, film, probability, taken: probability >= self.scorer.uncertain });
        }
        kept.sort_by_key(|one| one.found.first);
        let place = |one: Weighed| {
            let (start, end) = (context.words[one.found.first].start, context.words[one.found.last].end);
            (one.film, start, end, one.probability)
        };
        kept.into_iter().map(place).collect()
    }

    /// Surfaces worth a closer look, longest first, each with its enumeration.
    fn found(&self, context: &Context<'_>, surfaces: &Surfaces<'_>) -> Vec<Found> {
        let (mut clear, mut everyday) = (Vec::new(), Vec::new());
        for (first, last, number) in self.catalogue.matches(&context.words) {
            let surface = &self.catalogue.surfaces[number as usize];
            let found = Found { first, last, surface: number, chain: 0, others: 0, within: false };
            let head = context.initial(Some(first + usize::from(surface.article)));
            if surface.common && head.is_some_and(|c| context.is_lower(c)) {
                everyday.push(found);
            } else if !surface.everywhere || within_sentence(&found, context) {
                clear.push(found);
            }
        }
        for (number, form) in surfaces.forms.iter().enumerate() {
            if let Some(first) = place_of(&form.text, context) {
                let surface = (self.catalogue.surfaces.len() + number) as u32;
                let last = first + form.words - 1;
                clear.push(Found { first, last, surface, chain: 0, others: 0, within: false });
            }
        }
        if !everyday.is_empty() && has_emphasis(&context.text) {
            clear.extend(everyday.iter().filter(|found| set_apart(found, context)));
        }
        if clear.is_empty() || clear.len() + everyday.len() == 1 {
            return clear;
        }
        let ends = clear_ends(&clear, surfaces, context);
        let mut found = with_company(with_chains(clear, &everyday, surfaces, context), &ends, surfaces);
        found.sort_by_key(|one| (std::cmp::Reverse(context.written(one.first, one.last).len()), one.first));
        found
    }

    /// One span judged: its film and the probability; none when no film can be meant.
    fn weigh(
        &self,
        found: &Found,
        context: &Context<'_>,
        thread: &Thread,
        surfaces: &Surfaces<'_>,
        created: Option<i32>,
    ) -> Option<(u32, f64)> {
        let vocabulary = &self.catalogue.vocabulary;
        let surface = surfaces.get(found.surface);
        let (start, end) = (context.words[found.first].start, context.words[found.last].end);
        let year = context.year_beside(start, end);
        let before = context.word_id(found.first.checked_sub(1));
        let form = surfaces.is_form(found.surface);
        let when = created.or_else(|| thread.film.and_then(|film| self.catalogue.films[film as usize].year));
        let told = Told { created, when, year, original: vocabulary.is(before, bits::FIRST), form };
        let choice = choose(&self.worth, &self.catalogue, surface, thread, &told)?;
        if choice.kind == INITIALS && !as_initials(found, surface, context) {
            return None;
        }
        let next = vocabulary.facts(context.word_id(Some(found.last + 1))).bits;
        let goes_on = match context.text.get(end) {
            Some(' ') => next & (bits::SEQUEL | bits::SERIES) != 0,
            Some('-') => next & bits::SEQUEL != 0,
            _ => false,
        };
        if goes_on || context.text[start..end].windows(2).any(|pair| pair == ['\n', '\n']) {
            return None;
        }
        let film = &self.catalogue.films[choice.film as usize];
        let site = Site {
            context,
            catalogue: &self.catalogue,
            first: found.first,
            last: found.last,
            start,
            end,
            surface,
            film,
            kind: choice.kind,
            margin: choice.margin,
            year: year.is_some(),
            chain: found.chain,
            others: found.others,
            within: found.within,
            when,
            thread: tie(thread, &choice, form, surface, film.series),
        };
        let features = extract(&site, &self.scorer);
        let mut probability = self.scorer.probability(&features);
        let came_out = || {
            vocabulary.is(context.word_id(Some(found.last + 1)), bits::CAME)
                && context.low_word(Some(found.last + 2)) == "out"
                && !vocabulary.is(context.word_id(Some(found.last + 3)), bits::ONWARD)
        };
        let watched = features.has_before && vocabulary.is(before, bits::WATCH);
        let plainly_named = (watched || (features.has_after && came_out()))
            && features.title_ends_here(form)
            && surface.entries.iter().any(|&(_, kind)| kind <= ALTERNATIVE);
        if plainly_named {
            probability = probability.max(self.scorer.accept);
        }
        Some((choice.film, probability))
    }
}

fn tie(thread: &Thread, choice: &Choice, form: bool, surface: &Surface, series: u32) -> ThreadTie {
    if thread.words.is_empty() {
        ThreadTie::NoThread
    } else if form {
        ThreadTie::Form
    } else if thread.film == Some(choice.film) {
        ThreadTie::Film
    } else if holds_phrase(&thread.words, &surface.text) {
        ThreadTie::InTitle
    } else {
        ThreadTie::Series(thread.series != 0 && thread.series == series)
    }
}

/// Whether words with spaces around hold a phrase as whole words.
fn holds_phrase(words: &str, phrase: &str) -> bool {
    words.match_indices(phrase).any(|(at, _)| {
        at > 0 && words.as_bytes()[at - 1] == b' ' && words.as_bytes().get(at + phrase.len()) == Some(&b' ')
    })
}

fn place_of(form: &str, context: &Context<'_>) -> Option<usize> {
    let words: Vec<&str> = form.split(' ').collect();
    let last = context.words.len().checked_sub(words.len())?;
    (0..=last).find(|first| words.iter().enumerate().all(|(n, word)| context.low_word(Some(first + n)) == *word))
}

fn within_sentence(found: &Found, context: &Context<'_>) -> bool {
    !context.starts_sentence(context.words[found.first].start) || set_apart(found, context)
}

fn set_apart(found: &Found, context: &Context<'_>) -> bool {
    let (start, end) = (context.words[found.first].start, context.words[found.last].end);
    context.emphasised(start, end) || context.year_beside(start, end).is_some()
}

/// `[\"“*_`]|\((?:19|20)\d\d`
fn has_emphasis(text: &[char]) -> bool {
    text.iter().enumerate().any(|(at, c)| match c {
        '"' | '“' | '*' | '_' | '`' => true,
        '(' => matches!(text.get(at + 1..at + 5), Some(['1', '9', a, b] | ['2', '0', a, b]) if a.is_ascii_digit() && b.is_ascii_digit()),
        _ => false,
    })
}

/// Initials are written with capitals or a number.
fn as_initials(found: &Found, surface: &Surface, context: &Context<'_>) -> bool {
    let written = context.written(found.first, found.last);
    written.iter().filter(|&&c| context.is_upper(c)).count() > 1
        || written.iter().any(char::is_ascii_digit)
        || (surface.words > 2
            && (found.first + 1..found.last).any(|at| context.written(at, at).iter().copied().eq("part".chars())))
}
