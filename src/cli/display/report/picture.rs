//! What both pictures share.

/// Shortens a text in its middle, where names differ least.
pub(super) fn short(text: &str, longest: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= longest {
        return text.to_owned();
    }
    let tail = (longest - 1) / 3;
    let head = longest - 1 - tail;
    let (begin, end) = (&characters[..head], &characters[characters.len() - tail..]);
    begin.iter().chain(['…'].iter()).chain(end).collect()
}

/// Places in a picture are written with one digit.
pub(super) fn place(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_beginning_and_its_end() {
        assert_eq!(short("bootstrap/secrets/demo.sops.yaml", 40), "bootstrap/secrets/demo.sops.yaml");
        assert_eq!(
            short("age1m2dapd08q2lefz3jl0tvhwh7svx75fv4sy62zges9mjfmwlq3arsg4xu0d", 16),
            "age1m2dapd…4xu0d"
        );
    }
}
