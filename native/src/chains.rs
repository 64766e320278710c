//! Enumerations (`processors/linking/chains.py`): the order of every list is Python's.

use rustc_hash::FxHashMap;

use crate::catalogue::{Catalogue, Surface, bits};
use crate::context::Context;

/// Ordinariness below which a surface of several words is a clear title in any case.
const CLEAR: f64 = -0.5;
/// Ordinariness of a lower-case surface that an enumeration cannot save.
const EVERYDAY: f64 = 2.0;
const LONGEST: usize = 40;

/// A surface at a place: its first and last word.
#[derive(Clone, Copy, PartialEq)]
pub struct Found {
    pub first: usize,
    pub last: usize,
    /// Number of the surface; forms of the thread are counted on after the catalogue's.
    pub surface: u32,
    pub chain: usize,
    /// Clear titles elsewhere in the comment.
    pub others: usize,
    /// Whether a longer surface holds it.
    pub within: bool,
}

impl Found {
    pub fn overlaps(&self, other: &Found) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// The surfaces of the catalogue, and of the thread after them.
pub struct Surfaces<'a> {
    pub catalogue: &'a Catalogue,
    pub forms: &'a [Surface],
}

impl<'a> Surfaces<'a> {
    pub fn get(&self, number: u32) -> &'a Surface {
        let known = self.catalogue.surfaces.len();
        let number = number as usize;
        if number < known { &self.catalogue.surfaces[number] } else { &self.forms[number - known] }
    }

    pub fn is_form(&self, number: u32) -> bool {
        number as usize >= self.catalogue.surfaces.len()
    }
}

fn is_clear(found: &Found, surfaces: &Surfaces<'_>, context: &Context<'_>) -> bool {
    let surface = surfaces.get(found.surface);
    if surface.words > 1 {
        return surface.ordinariness < CLEAR;
    }
    surface.ordinariness < 0.0 && !context.initial(Some(found.first)).is_some_and(|c| context.is_lower(c))
}

/// The clear ones, and those everyday ones that stand in an enumeration with a clear title.
pub fn with_chains(
    clear: Vec<Found>,
    everyday: &[Found],
    surfaces: &Surfaces<'_>,
    context: &Context<'_>,
) -> Vec<Found> {
    if !clear.iter().any(|found| is_clear(found, surfaces, context)) {
        return clear;
    }
    let hopeful = everyday.iter().filter(|found| surfaces.get(found.surface).ordinariness < EVERYDAY);
    let spans: Vec<Found> = clear.iter().chain(hopeful).copied().collect();
    let links = links(&spans, surfaces.catalogue, context);
    if links.is_empty() {
        return clear;
    }
    let mut kept = Vec::with_capacity(spans.len());
    for found in &spans {
        let titles = chain(found, &links).iter().filter(|other| is_clear(other, surfaces, context)).count();
        if titles > 0 || clear.contains(found) {
            kept.push(Found { chain: titles, ..*found });
        }
    }
    kept
}

/// Spans of one comment that are compared with each other.
const MOST_COMPARED: usize = 400;

/// The last words of the clear ones, each once.
pub fn clear_ends(clear: &[Found], surfaces: &Surfaces<'_>, context: &Context<'_>) -> Vec<usize> {
    let mut ends: Vec<usize> =
        clear.iter().filter(|found| is_clear(found, surfaces, context)).map(|found| found.last).collect();
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// Each span with what the comment holds beside it.
pub fn with_company(mut found: Vec<Found>, ends: &[usize], surfaces: &Surfaces<'_>) -> Vec<Found> {
    if found.len() > MOST_COMPARED {
        return found;
    }
    let spans = found.clone();
    let main_words = |one: &Found| surfaces.get(one.surface).main_words();
    for one in &mut found {
        one.others = ends.iter().filter(|&&end| !(one.first..=one.last).contains(&end)).count();
        let holds = |other: &Found| other.first <= one.first && one.last <= other.last;
        one.within = spans.iter().any(|other| holds(other) && main_words(one) < main_words(other));
    }
    found
}

type Links = FxHashMap<(usize, usize), Vec<Found>>;

/// For each span, the spans joined to it by a comma, "and", a slash or a line break.
fn links(spans: &[Found], catalogue: &Catalogue, context: &Context<'_>) -> Links {
    let mut starts: FxHashMap<usize, Vec<Found>> = FxHashMap::default();
    for span in spans {
        starts.entry(span.first).or_default().push(*span);
    }
    let mut links = Links::default();
    for span in spans {
        for following in following(span, &starts, catalogue, context) {
            links.entry((span.first, span.last)).or_default().push(*following);
            links.entry((following.first, following.last)).or_default().push(*span);
        }
    }
    links
}

fn following<'s>(
    span: &Found,
    starts: &'s FxHashMap<usize, Vec<Found>>,
    catalogue: &Catalogue,
    context: &Context<'_>,
) -> &'s [Found] {
    let after = span.last + 1;
    let joined = catalogue.vocabulary.is(context.word_id(Some(after)), bits::JOINER);
    let mut candidates = starts.get(&(after + usize::from(joined)));
    if candidates.is_none() && !joined {
        let word = context.low_word(Some(after));
        if word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit()) {
            candidates = starts.get(&(after + 1)); // a year stands between
        }
    }
    let Some(candidates) = candidates else { return &[] };
    let gap = &context.text[context.words[span.last].end..context.words[candidates[0].first].start];
    let separated =
        || gap.iter().any(|c| matches!(c, ',' | '/' | ';' | '\n' | '&' | '+' | '|' | '→' | '>' | '-' | '*' | '•'));
    if joined || separated() { candidates } else { &[] }
}

/// All spans reached from this one, itself and what overlaps it left out.
fn chain(found: &Found, links: &Links) -> Vec<Found> {
    let mut seen: Vec<Found> = Vec::new();
    let mut waiting = vec![*found];
    while seen.len() < LONGEST {
        let Some(current) = waiting.pop() else { break };
        for other in links.get(&(current.first, current.last)).map_or(&[][..], Vec::as_slice) {
            if !seen.contains(other) && !other.overlaps(found) {
                seen.push(*other);
                waiting.push(*other);
            }
        }
    }
    seen
}
