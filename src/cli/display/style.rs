//! Colour, where it is wanted.

/// Paints words, or leaves them.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Style {
    colour: bool,
}

impl Style {
    /// Returns a style that paints, or one that does not.
    pub(in crate::cli) fn new(colour: bool) -> Self {
        Self { colour }
    }

    pub(in crate::cli) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(in crate::cli) fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }

    pub(in crate::cli) fn change(self, text: &str) -> String {
        self.paint("33", text)
    }

    pub(in crate::cli) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(in crate::cli) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
