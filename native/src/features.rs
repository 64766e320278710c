//! What speaks for and against a span being a film (`processors/linking/features.py`), and the weights
//! (`processors/linking/scorer.py`).

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::catalogue::{Catalogue, Film, Surface, bits, entry};
use crate::context::Context;

pub const KINDS: [&str; 8] =
    ["full", "alternative", "no_article", "numbered", "subtitle", "main", "nickname", "initials"];
pub const FULL: u8 = 0;
pub const NUMBERED: u8 = 3;
pub const MAIN: u8 = 5;
pub const INITIALS: u8 = 7;
pub const ALTERNATIVE: u8 = 1;

const CASES: [&str; 7] = ["title", "upper", "shout", "first", "digits", "start", "lower"];
/// The cases up to this one have a capital that says something.
const LAST_CAPITAL: usize = 3;
const TITLE: usize = 0;
const UPPER: usize = 1;
const SHOUT: usize = 2;
const FIRST: usize = 3;
const DIGITS: usize = 4;
const START: usize = 5;
const LOWER: usize = 6;

const CASE: usize = KINDS.len();
const ORDINARY_CASE: usize = CASE + CASES.len();
const RAREST_CASE: usize = ORDINARY_CASE + CASES.len();
const FORM_CASE: usize = RAREST_CASE + CASES.len();
const SINGLE: usize = FORM_CASE + CASES.len();

macro_rules! singles {
    ($($name:ident),* $(,)?) => {
        #[allow(non_camel_case_types, dead_code)]
        #[derive(Clone, Copy)]
        enum Single { $($name),* }
        const SINGLES: &[&str] = &[$(stringify!($name)),*];
    };
}

singles!(
    ordinary,
    nameness,
    votes,
    votes_unknown,
    earliness,
    margin,
    place,
    franchise,
    capital,
    ordinary_capital,
    rarest,
    one_word,
    short,
    given_name,
    words,
    list,
    slash,
    first_before,
    before,
    next_before,
    any_before,
    hyphen_before,
    owner_before,
    name_of_before,
    capital_before,
    after,
    capital_after,
    number_after,
    hyphen_after,
    release_after,
    work_after,
    film_word_after,
    series_word_after,
    any_film,
    other_word_after,
    possessive,
    no_thread,
    thread_form,
    thread_film,
    thread_film_in_part,
    in_thread_title,
    thread_series,
    marked,
    marked_other_case,
    year,
    alone,
    chain,
    others,
    within,
    linked,
    initials_number,
    talk,
    story,
    small_writer,
    recent,
    age,
    article_capital,
    article_small,
);

const COUNT: usize = SINGLE + SINGLES.len();
/// The value of the idle question in a tree that is not full: 0, as any absent feature.
const IDLE: usize = COUNT;
/// Places for values: a power of two, so that a tree's question needs no check of its feature's number.
const SLOTS: usize = 128;
const _: () = assert!(IDLE < SLOTS);

fn number_of(name: &str) -> Option<usize> {
    let by_case = |prefix: &str, base: usize| {
        let case = name.strip_prefix(prefix)?;
        CASES.iter().position(|&other| other == case).map(|at| base + at)
    };
    let kind = name.strip_prefix("kind_").and_then(|kind| KINDS.iter().position(|&other| other == kind));
    kind.or_else(|| SINGLES.iter().position(|&other| other == name).map(|at| SINGLE + at))
        .or_else(|| by_case("case_", CASE))
        .or_else(|| by_case("ordinary_", ORDINARY_CASE))
        .or_else(|| by_case("rarest_", RAREST_CASE))
        .or_else(|| by_case("form_", FORM_CASE))
}

/// Values in the order in which they were set: sums of floats depend on it.
pub struct Features {
    values: [f64; SLOTS],
    order: Vec<usize>,
    /// Whether a word before was looked at.
    pub has_before: bool,
    /// Whether a word after was looked at.
    pub has_after: bool,
    case: usize,
}

impl Features {
    fn new(case: usize) -> Self {
        Self { values: [0.0; SLOTS], order: Vec::with_capacity(48), has_before: false, has_after: false, case }
    }

    fn put(&mut self, number: usize, value: f64) {
        self.values[number] = value;
        self.order.push(number);
    }

    fn set(&mut self, single: Single, value: f64) {
        self.put(SINGLE + single as usize, value);
    }

    fn mark(&mut self, single: Single, value: bool) {
        self.set(single, f64::from(u8::from(value)));
    }

    fn get(&self, single: Single) -> f64 {
        self.values[SINGLE + single as usize]
    }

    /// Whether the words are written as titles are, and nothing after them makes a longer name.
    pub fn title_ends_here(&self, form: bool) -> bool {
        let case = [TITLE, UPPER, DIGITS, FIRST].contains(&self.case) && !form;
        case && self.get(Single::capital_after) == 0.0
            && self.get(Single::series_word_after) + self.get(Single::other_word_after) == 0.0
    }
}

/// A span, the film it would mean, and where it stands.
pub struct Site<'a> {
    pub context: &'a Context<'a>,
    pub catalogue: &'a Catalogue,
    pub first: usize,
    pub last: usize,
    pub start: usize,
    pub end: usize,
    pub surface: &'a Surface,
    pub film: &'a Film,
    pub kind: u8,
    pub margin: f64,
    pub year: bool,
    pub chain: usize,
    pub others: usize,
    pub within: bool,
    pub when: Option<i32>,
    pub thread: ThreadTie,
}

/// How the film relates to the film the thread is about.
pub enum ThreadTie {
    NoThread,
    Form,
    Film,
    InTitle,
    Series(bool),
}

fn clip(value: f64, low: f64, high: f64) -> f64 {
    value.max(low).min(high)
}

/// Where the span itself stands in quotes or italics, those marks part it from nothing.
fn is_break(c: char, marked: bool) -> bool {
    matches!(c, '.' | '!' | '?' | ':' | ';' | '\n' | ',' | '(' | ')' | '/' | '–' | '—' | '…')
        || (!marked && matches!(c, '"' | '“' | '”' | '*' | '_'))
}

fn case_of(site: &Site<'_>, begins: bool) -> usize {
    let context = site.context;
    let span = site.first..=site.last;
    let initial = |at: usize| context.flat[context.words[at].flat];
    let mut letters = span.clone().filter(|&at| context.is_alpha(initial(at)));
    let Some(first_letter) = letters.next() else { return DIGITS };
    let written = context.written(site.first, site.last);
    if written.len() > 1 && context.is_upper_text(written) {
        return if context.shouting { SHOUT } else { UPPER };
    }
    let vocabulary = &site.catalogue.vocabulary;
    let is_main = |at: usize| !vocabulary.is(context.words[at].id, bits::SMALL);
    let any_main = span.clone().any(|at| context.is_alpha(initial(at)) && is_main(at));
    let mains = || span.clone().filter(|&at| context.is_alpha(initial(at)) && (!any_main || is_main(at)));
    let first_main = mains().next().unwrap_or(first_letter);
    let capitals = span.clone().filter(|&at| context.is_upper(initial(at))).count();
    if begins && capitals == 1 && context.is_upper(initial(site.first)) {
        return if first_main == site.first { START } else { LOWER };
    }
    if mains().all(|at| context.is_upper(initial(at))) {
        TITLE
    } else if context.is_upper(initial(first_letter)) || context.is_upper(initial(first_main)) {
        FIRST
    } else {
        LOWER
    }
}

pub fn extract(site: &Site<'_>, scorer: &Scorer) -> Features {
    let context = site.context;
    let begins = context.starts_sentence(site.start);
    let case = case_of(site, begins);
    let mut f = Features::new(case);
    if matches!(site.thread, ThreadTie::Form) {
        f.put(FORM_CASE + case, 1.0);
    } else {
        of_surface(site, case, &mut f);
    }
    let marked = context.emphasised(site.start, site.end);
    of_neighbours(site, case, begins, marked, &mut f);
    of_thread(site, &mut f);
    f.mark(Single::marked, marked);
    f.mark(Single::marked_other_case, marked && case != TITLE && case != UPPER);
    f.mark(Single::year, site.year);
    f.mark(Single::alone, begins && context.alone_on_line(site.start, site.end));
    f.set(Single::chain, at_most(&scorer.chains, site.chain));
    of_comment(site, case, scorer, &mut f);
    if site.surface.article {
        let capital = context.initial(Some(site.first)).is_some_and(|c| context.is_upper(c));
        f.mark(Single::article_capital, capital && !begins && !context.shouting);
        f.mark(Single::article_small, !capital);
    }
    f
}

/// The value of a number, or of the largest that says more.
fn at_most(values: &[f64], number: usize) -> f64 {
    values[number.min(values.len() - 1)]
}

fn of_comment(site: &Site<'_>, case: usize, scorer: &Scorer, f: &mut Features) {
    let context = site.context;
    f.set(Single::others, at_most(&scorer.chains, site.others));
    f.mark(Single::within, site.within);
    let opened = site.start > 0 && context.text[site.start - 1] == '[';
    f.mark(Single::linked, opened && context.text[site.end..].starts_with(&[']', '(']));
    f.mark(Single::initials_number, site.kind == INITIALS && site.surface.digits);
    f.set(Single::talk, near(site, bits::TALK));
    f.set(Single::story, near(site, bits::STORY));
    f.mark(Single::small_writer, case == LOWER && context.small);
    if let (Some(when), Some(year)) = (site.when, site.film.year) {
        let age = when - year;
        f.mark(Single::recent, (-1..=1).contains(&age));
        f.set(Single::age, at_most(&scorer.ages, usize::try_from(age).unwrap_or(0)));
    }
}

/// Words of a kind among the six before and after, three at most.
fn near(site: &Site<'_>, bit: u32) -> f64 {
    const NEAR: usize = 6;
    let (words, vocabulary) = (&site.context.words, &site.catalogue.vocabulary);
    let before = &words[site.first.saturating_sub(NEAR)..site.first];
    let after = &words[site.last + 1..words.len().min(site.last + 1 + NEAR)];
    let count = before.iter().chain(after).filter(|word| vocabulary.is(word.id, bit)).count();
    count.min(3) as f64
}

fn of_surface(site: &Site<'_>, case: usize, f: &mut Features) {
    let surface = site.surface;
    let ordinary = clip(surface.ordinariness, -7.0, 3.5);
    f.put(site.kind as usize, 1.0);
    f.put(CASE + case, 1.0);
    f.put(ORDINARY_CASE + case, ordinary);
    f.set(Single::ordinary, ordinary);
    f.set(Single::nameness, clip(surface.nameness, -2.0, 1.5));
    f.set(Single::votes, site.film.votes);
    f.mark(Single::votes_unknown, site.film.votes_unknown);
    f.set(Single::earliness, site.film.earliness);
    f.set(Single::margin, site.margin / crate::resolve::NO_RIVAL);
    f.mark(Single::place, surface.place);
    f.set(Single::franchise, surface.franchise);
    if case <= LAST_CAPITAL {
        f.set(Single::capital, 1.0);
        f.set(Single::ordinary_capital, ordinary);
    }
    if surface.words <= 2 {
        let rarest = clip(surface.rarest, -1.0, 3.0);
        f.set(Single::rarest, rarest);
        f.put(RAREST_CASE + case, rarest);
    }
    if surface.words == 1 {
        f.set(Single::one_word, 1.0);
        f.mark(Single::short, surface.length <= 3);
        f.mark(Single::given_name, surface.given_name);
    } else {
        f.set(Single::words, LOG2[surface.words.min(8)]);
    }
}

/// log2 of 0 (unused) to 8, as Python's `math.log2` gives it.
const LOG2: [f64; 9] = [
    0.0,
    0.0,
    1.0,
    1.584_962_500_721_156,
    2.0,
    2.321_928_094_887_362,
    2.584_962_500_721_156,
    2.807_354_922_057_604,
    3.0,
];

fn of_neighbours(site: &Site<'_>, case: usize, begins: bool, marked: bool, f: &mut Features) {
    let context = site.context;
    let gap_before = context.gap_before(site.start);
    let gap_after = context.gap_after(site.end);
    let either = |c: char| gap_before.contains(&c) || gap_after.contains(&c);
    f.mark(Single::list, either(','));
    f.mark(Single::slash, either('/'));
    if site.first > 0 && !begins && !gap_before.iter().any(|&c| is_break(c, marked)) {
        before(site, gap_before, case, f);
    }
    if site.last + 1 < context.words.len() && !gap_after.iter().any(|&c| is_break(c, marked)) {
        after(site, gap_after, case, f);
    }
}

fn before(site: &Site<'_>, gap: &[char], case: usize, f: &mut Features) {
    let (context, vocabulary) = (site.context, &site.catalogue.vocabulary);
    let at = site.first - 1;
    let word = context.low_word(Some(at));
    let facts = vocabulary.facts(context.words[at].id);
    let is_first = facts.bits & bits::FIRST != 0;
    f.has_before = true;
    f.mark(Single::first_before, is_first);
    f.set(Single::before, if is_first { 0.0 } else { clip(facts.before, -1.0, 2.0) });
    f.mark(Single::next_before, facts.bits & bits::NEXT != 0);
    f.mark(Single::any_before, facts.bits & bits::ANY != 0);
    f.mark(Single::hyphen_before, gap.contains(&'-'));
    let head_is_capital = || context.initial(at.checked_sub(1)).is_some_and(|c| context.is_upper(c));
    if word == "s" && gap == [' '] {
        f.mark(Single::owner_before, head_is_capital());
    }
    if word == "of" {
        f.mark(Single::name_of_before, head_is_capital() && !context.shouting);
    }
    let capital = context.initial(Some(at)).is_some_and(|c| context.is_upper(c));
    if capital && word != "i" && !context.shouting && case != UPPER {
        let owed = context.starts_sentence(site.start - gap.len() - context.words[at].length);
        f.mark(Single::capital_before, !owed || facts.bits & bits::PLAIN == 0);
    }
}

fn after(site: &Site<'_>, gap: &[char], case: usize, f: &mut Features) {
    let (context, vocabulary) = (site.context, &site.catalogue.vocabulary);
    let at = site.last + 1;
    let word = context.low_word(Some(at));
    let facts = vocabulary.facts(context.words[at].id);
    let is = |bit: u32| facts.bits & bit != 0;
    let capital = context.initial(Some(at)).is_some_and(|c| context.is_upper(c));
    f.has_after = true;
    f.set(Single::after, clip(facts.after, -1.0, 2.0));
    f.mark(Single::capital_after, capital && word != "i" && !context.shouting && case != UPPER);
    f.mark(Single::number_after, is(bits::NUMBER));
    f.mark(Single::hyphen_after, gap.contains(&'-'));
    let released = is(bits::RELEASE) || (is(bits::BE) && vocabulary.is(context.word_id(Some(at + 1)), bits::OUT));
    f.mark(Single::release_after, released);
    f.mark(Single::work_after, is(bits::WORK));
    f.mark(Single::film_word_after, is(bits::FILM));
    f.mark(Single::series_word_after, is(bits::SERIES));
    f.mark(Single::any_film, f.get(Single::any_before) > 0.0 && is(bits::FILM));
    f.mark(Single::other_word_after, is(bits::OTHER));
    f.mark(Single::possessive, word == "s" && matches!(gap, ['\'' | '’']));
}

fn of_thread(site: &Site<'_>, f: &mut Features) {
    match site.thread {
        ThreadTie::NoThread => f.set(Single::no_thread, 1.0),
        ThreadTie::Form => f.set(Single::thread_form, 1.0),
        ThreadTie::Film => {
            f.set(Single::thread_film, 1.0);
            f.mark(Single::thread_film_in_part, site.kind == MAIN || site.kind == INITIALS);
        }
        ThreadTie::InTitle => f.set(Single::in_thread_title, 1.0),
        ThreadTie::Series(same) => f.mark(Single::thread_series, same),
    }
}

/// Three questions and their eight answers.
struct Tree {
    features: [u8; 7],
    thresholds: [f64; 7],
    leaves: [f64; 8],
}

/// (feature, threshold) of the seven questions from the root down, and the eight leaves from left to right.
type TreeRow = (Vec<(String, f64)>, Vec<f64>);

/// Probability that a span means its film.
pub struct Scorer {
    bias: f64,
    shrink: f64,
    weights: [f64; COUNT],
    trees: Vec<Tree>,
    unsure: (f64, f64),
    pub accept: f64,
    pub uncertain: f64,
    pub chains: Vec<f64>,
    pub ages: Vec<f64>,
}

impl Scorer {
    pub fn new(table: &Bound<'_, PyDict>) -> PyResult<Self> {
        let mut weights = [0.0; COUNT];
        for (name, weight) in entry::<Vec<(String, f64)>>(table, "weights")? {
            weights[known(&name)?] = weight;
        }
        let trees = entry::<Vec<TreeRow>>(table, "trees")?;
        Ok(Self {
            bias: entry(table, "bias")?,
            shrink: entry(table, "shrink")?,
            weights,
            trees: trees.into_iter().map(tree).collect::<PyResult<_>>()?,
            unsure: entry(table, "unsure")?,
            accept: entry(table, "accept")?,
            uncertain: entry(table, "uncertain")?,
            chains: entry(table, "chains")?,
            ages: entry(table, "ages")?,
        })
    }

    pub fn probability(&self, features: &Features) -> f64 {
        let mut margin = self.bias;
        for &number in &features.order {
            let value = features.values[number];
            if value != 0.0 {
                margin += value * self.weights[number];
            }
        }
        if self.unsure.0 < margin && margin < self.unsure.1 {
            margin = self.shrink * margin + self.correction(&features.values);
        }
        1.0 / (1.0 + (-margin.clamp(-50.0, 50.0)).exp())
    }

    fn correction(&self, values: &[f64; SLOTS]) -> f64 {
        let mut total = 0.0;
        for tree in &self.trees {
            let mut at = 0;
            for _ in 0..3 {
                let value = values[usize::from(tree.features[at]) % SLOTS];
                at = 2 * at + if value <= tree.thresholds[at] { 1 } else { 2 };
            }
            total += tree.leaves[at - 7];
        }
        total
    }
}

fn known(name: &str) -> PyResult<usize> {
    let unknown = || pyo3::exceptions::PyValueError::new_err(format!("the extension does not know the feature {name}"));
    if name.is_empty() { Ok(IDLE) } else { number_of(name).ok_or_else(unknown) }
}

fn tree((questions, leaves): TreeRow) -> PyResult<Tree> {
    let mut found = Tree { features: [IDLE as u8; 7], thresholds: [0.0; 7], leaves: [0.0; 8] };
    for (place, (name, threshold)) in questions.iter().enumerate() {
        found.features[place] = known(name)? as u8;
        found.thresholds[place] = *threshold;
    }
    found.leaves.copy_from_slice(&leaves);
    Ok(found)
}
