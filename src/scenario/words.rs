//! Names in messages: quoted, cut to length, and the nearest known one for a misspelt one.

/// Longest piece of a scenario that a message repeats, in characters.
const SHOWN_MAX: usize = 60;

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
        let likeness = strsim::normalized_damerau_levenshtein(&name, &candidate.to_lowercase())
            .max(strsim::jaro_winkler(&name, &candidate.to_lowercase()) - 0.2);
        if likeness > best.map_or(0.35, |(_, best)| best) {
            best = Some((candidate, likeness));
        }
    }
    best.map(|(candidate, _)| candidate)
}

/// What to write instead of `name`: the nearest candidate, or else all of them.
pub(super) fn remedy<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str> + Clone) -> String {
    match nearest(name, candidates.clone()) {
        Some(nearest) => format!("the nearest known is {nearest:?}"),
        None => {
            let known: Vec<String> = candidates.into_iter().map(|known| format!("{known:?}")).collect();
            match known.as_slice() {
                [] => "leave it out".to_owned(),
                known => format!("known here: {}", known.join(", ")),
            }
        }
    }
}
