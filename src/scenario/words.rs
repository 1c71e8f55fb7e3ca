//! Names in messages: quoted, cut to length, and the nearest known one for a misspelt one.

/// Longest piece of a scenario that a message repeats, in characters.
const SHOWN_MAX: usize = 60;

/// Most names that a message lists.
const LISTED_MAX: usize = 20;

/// Likeness, from 0 to 1, below which a known name is no help.
const LIKE_AT_ALL: f64 = 0.4;

/// `text` in double quotes, control characters escaped, cut to a readable length.
pub(super) fn quoted(text: &str) -> String {
    if text.chars().nth(SHOWN_MAX).is_none() {
        return format!("{text:?}");
    }
    let start: String = text.chars().take(SHOWN_MAX).collect();
    format!("{:?}...", start)
}

/// The candidate most like `name`, the first of equals; `None` when nothing is like it at all.
pub(super) fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let name: String = name.chars().take(SHOWN_MAX).collect::<String>().to_lowercase();
    let mut best: Option<(&str, f64)> = None;
    for candidate in candidates {
        let candidate_lower = candidate.to_lowercase();
        let likeness = strsim::normalized_damerau_levenshtein(&name, &candidate_lower)
            .max(strsim::jaro_winkler(&name, &candidate_lower) - 0.3);
        if likeness > best.map_or(LIKE_AT_ALL, |(_, best)| best) {
            best = Some((candidate, likeness));
        }
    }
    best.map(|(candidate, _)| candidate)
}

/// What to write instead of `name`: the nearest candidate, or else the first of them.
pub(super) fn remedy<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str> + Clone) -> String {
    if let Some(nearest) = nearest(name, candidates.clone()) {
        return format!("the nearest known is {}", quoted(nearest));
    }
    let mut known: Vec<String> = candidates.clone().into_iter().take(LISTED_MAX).map(quoted).collect();
    let more = candidates.into_iter().count() - known.len();
    if more > 0 {
        known.push(format!("{more} more"));
    }
    if known.is_empty() { "leave it out".to_owned() } else { format!("known here: {}", known.join(", ")) }
}
