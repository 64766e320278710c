//! The compound of a comment for each film it means, with titles masked (`processors/sentiment/{score,mask,parts}.py`).

use crate::chars::Chars;
use crate::linker::Links;
use crate::own_words::starts_with;
use crate::vader::Vader;

const TOKEN: &str = "title";
const SHOUTED: &str = "TITLE";

type Span = (usize, usize);

/// Compound of each mention, in the order of `links.mentions`. `text`: the writer's own words.
pub fn score(vader: &mut Vader, chars: &Chars, text: &[char], links: &Links) -> Vec<f64> {
    if links.mentions.is_empty() {
        return Vec::new();
    }
    let spans = all_spans(links);
    if links.mentions.len() == 1 {
        return vec![vader.compound(chars, &masked(chars, text, &spans))];
    }
    parts(chars, text, links, &spans).iter().map(|part| vader.compound(chars, part)).collect()
}

/// Every span to mask.
fn all_spans(links: &Links) -> Vec<Span> {
    let mut spans: Vec<Span> = links.places.iter().map(|&(_, start, end)| (start, end)).collect();
    let both = links.mentions.iter().chain(&links.uncertain);
    spans.extend(both.filter(|mention| mention.end > mention.start).map(|mention| (mention.start, mention.end)));
    spans.sort_unstable();
    spans.dedup();
    spans
}

fn masked(chars: &Chars, text: &[char], spans: &[Span]) -> Vec<char> {
    let mut pieces: Vec<&[char]> = Vec::with_capacity(spans.len() + 1);
    let mut last = 0;
    for &(start, end) in spans {
        if start < last || end > text.len() {
            continue;
        }
        pieces.push(&text[last..start]);
        last = end;
    }
    if pieces.is_empty() {
        return text.to_vec();
    }
    pieces.push(&text[last..]);
    let token = token_for(chars, &pieces);
    let mut found = Vec::with_capacity(text.len() + 8);
    for (number, piece) in pieces.iter().enumerate() {
        if number > 0 {
            found.extend(token.chars());
        }
        found.extend_from_slice(piece);
    }
    found
}

/// The token in the case that leaves VADER's capitals rule as it is without the titles.
fn token_for(chars: &Chars, pieces: &[&[char]]) -> &'static str {
    let mut tokens = pieces.iter().flat_map(|piece| chars.split(piece)).peekable();
    if tokens.peek().is_some() && tokens.all(|token| chars.is_upper_text(token)) { SHOUTED } else { TOKEN }
}

/// The text about each mention's film.
fn parts(chars: &Chars, text: &[char], links: &Links, spans: &[Span]) -> Vec<Vec<char>> {
    let named = links.mentions.iter().filter(|mention| !mention.thread).map(|mention| (mention.start, mention.film));
    let mut places: Vec<(usize, u32)> =
        named.chain(links.places.iter().map(|&(film, start, _)| (start, film))).collect();
    places.sort_unstable();
    places.dedup();
    let mut starts: Vec<usize> = places.iter().map(|&(start, _)| start).collect();
    starts.sort_unstable();
    let mut found: Vec<Vec<Vec<char>>> = links.mentions.iter().map(|_| Vec::new()).collect();
    let mut nobody: Vec<Vec<char>> = Vec::new();
    for (start, end) in units(chars, text, &starts) {
        let inside: Vec<Span> =
            spans.iter().filter(|span| start <= span.0 && span.1 <= end).map(|s| (s.0 - start, s.1 - start)).collect();
        let piece = masked(chars, &text[start..end], &inside);
        let mut anybody = false;
        for (number, mention) in links.mentions.iter().enumerate() {
            if places.iter().any(|&(place, film)| film == mention.film && start <= place && place < end) {
                anybody = true;
                found[number].push(piece.clone());
            }
        }
        if !anybody {
            nobody.push(piece);
        }
    }
    let whole = masked(chars, text, spans);
    found
        .into_iter()
        .map(|pieces| {
            let chosen = if pieces.is_empty() { &nobody } else { &pieces };
            let joined = chosen.join(&' ');
            if joined.is_empty() { whole.clone() } else { joined }
        })
        .collect()
}

fn held(starts: &[usize], start: usize, end: usize) -> usize {
    starts.iter().filter(|&&place| start <= place && place < end).count()
}

/// Sentences; a sentence that holds several of the `starts` is divided into its clauses.
fn units(chars: &Chars, text: &[char], starts: &[usize]) -> Vec<Span> {
    let mut found = Vec::new();
    for (start, end) in divide(text, |text, at| sentence_end(chars, text, at)) {
        if held(starts, start, end) > 1 {
            let clauses = divide(&text[start..end], |text, at| clause_end(chars, text, at));
            found.extend(merged(clauses.into_iter().map(|(from, to)| (from + start, to + start)), starts));
        } else {
            found.push((start, end));
        }
    }
    found
}

/// Consecutive spans between the matches of a pattern; the match belongs to the span before it.
fn divide(text: &[char], pattern: impl Fn(&[char], usize) -> Option<usize>) -> Vec<Span> {
    let mut found = Vec::new();
    let (mut from, mut at) = (0, 0);
    while at < text.len() {
        match pattern(text, at) {
            Some(end) => {
                if end < text.len() {
                    found.push((from, end));
                    from = end;
                }
                at = end;
            }
            None => at += 1,
        }
    }
    found.push((from, text.len()));
    found
}

fn spaces(chars: &Chars, text: &[char], at: usize) -> usize {
    text[at.min(text.len())..].iter().take_while(|&&c| chars.is_space(c)).count()
}

/// `(?<=[.!?])[\"”’')*_]*\s+|\n+`
fn sentence_end(chars: &Chars, text: &[char], at: usize) -> Option<usize> {
    if at > 0 && matches!(text[at - 1], '.' | '!' | '?') {
        let closing = text[at..].iter().take_while(|c| matches!(c, '"' | '”' | '’' | '\'' | ')' | '*' | '_')).count();
        let space = spaces(chars, text, at + closing);
        if space > 0 {
            return Some(at + closing + space);
        }
    }
    let lines = text[at..].iter().take_while(|&&c| c == '\n').count();
    (lines > 0).then_some(at + lines)
}

const CONTRASTS: [&str; 7] = ["but", "while", "whereas", "although", "though", "however", "unlike"];
const GOES_ON: [&str; 3] = ["and", "so", "yet"];

/// `;\s+|,?\s+(?=(?:but|while|...)\b)|,\s+(?=(?:and|so|yet)\b)`
fn clause_end(chars: &Chars, text: &[char], at: usize) -> Option<usize> {
    let mark = text[at];
    let after = at + usize::from(matches!(mark, ';' | ','));
    let space = spaces(chars, text, after);
    if space == 0 {
        return None;
    }
    let end = after + space;
    let follows = |words: &[&str]| words.iter().any(|word| is_word_at(chars, text, end, word));
    let ends = mark == ';' || follows(&CONTRASTS) || (mark == ',' && follows(&GOES_ON));
    ends.then_some(end)
}

fn is_word_at(chars: &Chars, text: &[char], at: usize, word: &str) -> bool {
    let Some(found) = text.get(at..at + word.len()) else { return false };
    let same = starts_with(found, 0, word) || found.iter().zip(word.chars()).all(|(a, b)| a.eq_ignore_ascii_case(&b));
    same && !text.get(at + word.len()).is_some_and(|&c| chars.is_word(c))
}

/// A clause without a title belongs to the one before it; the first one to the one after it.
fn merged(clauses: impl Iterator<Item = Span>, starts: &[usize]) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    let mut leading = None;
    for (start, end) in clauses {
        if held(starts, start, end) > 0 {
            found.push((leading.take().unwrap_or(start), end));
        } else if let Some(last) = found.last_mut() {
            last.1 = end;
        } else if leading.is_none() {
            leading = Some(start);
        }
    }
    found // a sentence is divided only when it holds titles, so one clause at least was found
}
