//! Which of several films a surface means here (`processors/linking/resolve.py`).

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::catalogue::{Catalogue, Film, Surface, entry};
use crate::features::{FULL, MAIN, NUMBERED};
use crate::linker::Thread;

/// Margin of a surface that can mean one film only.
pub const NO_RIVAL: f64 = 10.0;
const NO_YEAR: i32 = 9999;

/// What speaks for a film, in units of ln(votes); the reasons stand in the Python module.
pub struct Worth {
    kinds: Vec<f64>,
    recent: f64,
    thread: f64,
    series: f64,
    first: f64,
    year: f64,
    original: f64,
    future_years: i32,
    sequel_years: i32,
    /// The fame above which a film is known.
    known: f64,
}

impl Worth {
    pub fn new(table: &Bound<'_, PyDict>) -> PyResult<Self> {
        Ok(Self {
            kinds: entry(table, "kinds")?,
            recent: entry(table, "recent")?,
            thread: entry(table, "thread")?,
            series: entry(table, "series")?,
            first: entry(table, "first")?,
            year: entry(table, "year")?,
            original: entry(table, "original")?,
            future_years: entry(table, "future_years")?,
            sequel_years: entry(table, "sequel_years")?,
            known: entry(table, "known")?,
        })
    }

    fn released(&self, film: &Film, kind: u8, created: Option<i32>) -> bool {
        let ahead = if kind == NUMBERED { self.sequel_years } else { self.future_years };
        match (created, film.year) {
            (Some(created), Some(year)) => year <= created + ahead,
            _ => true,
        }
    }

    fn of(&self, film: &Film, kind: u8, told: &Told) -> Option<f64> {
        let mut score = film.fame + self.kinds[kind as usize];
        if let (Some(told), Some(year)) = (told.year, film.year) {
            let distance = (year - told).abs();
            if distance > 1 {
                return None;
            }
            score += self.year - f64::from(distance);
        }
        if told.when.zip(film.year).is_some_and(|(when, year)| (-1..=1).contains(&(when - year))) {
            score += self.recent;
        }
        Some(score)
    }
}

pub struct Choice {
    pub film: u32,
    pub kind: u8,
    pub margin: f64,
}

/// What the comment says about the film beside its title, and when.
pub struct Told {
    pub created: Option<i32>,
    /// The year of the talk: the comment's, or where that is not known, the thread's film's.
    pub when: Option<i32>,
    pub year: Option<i32>,
    pub original: bool,
    /// The surface is understood in this thread only.
    pub form: bool,
}

pub fn choose(worth: &Worth, catalogue: &Catalogue, surface: &Surface, thread: &Thread, told: &Told) -> Option<Choice> {
    let film_at = |position: u32| &catalogue.films[position as usize];
    let years = || surface.entries.iter().map(|&(position, _)| film_at(position).year.filter(|&y| y != 0));
    let oldest = if told.original { years().map(|y| y.unwrap_or(NO_YEAR)).min().unwrap_or(NO_YEAR) } else { 0 };
    let full = |&(position, kind): &(u32, u8)| kind == FULL && film_at(position).fame > worth.known;
    let bare = surface.entries.iter().any(full);
    let mut best: Option<(f64, u32, u8)> = None;
    let mut second = f64::NEG_INFINITY;
    for &(position, kind) in &surface.entries {
        let film = film_at(position);
        if !told.form && !worth.released(film, kind, told.created) {
            continue;
        }
        let Some(mut score) = worth.of(film, kind, told) else { continue };
        if thread.film == Some(position) {
            score += worth.thread;
        }
        if thread.series != 0 && film.series == thread.series {
            score += worth.series;
        }
        if film.year == Some(oldest) {
            score += worth.original;
        }
        if kind == MAIN && film.first && !bare {
            score += worth.first;
        }
        match best {
            Some((leader, _, _)) if score <= leader => second = second.max(score),
            _ => {
                second = best.map_or(second, |(leader, _, _)| leader);
                best = Some((score, position, kind));
            }
        }
    }
    best.map(|(score, film, kind)| Choice { film, kind, margin: NO_RIVAL.min(score - second) })
}
