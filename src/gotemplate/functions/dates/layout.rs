//! Go's time layouts: the reference time Mon Jan 2 15:04:05 MST 2006, cut into its elements.

/// An element of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    /// `2006`
    Year,
    /// `06`
    ShortYear,
    /// `January`
    MonthName,
    /// `Jan`
    ShortMonthName,
    /// `1`, `01`
    Month(Padding),
    /// `Monday`
    WeekdayName,
    /// `Mon`
    ShortWeekdayName,
    /// `2`, `_2`, `02`
    Day(Padding),
    /// `__2`, `002`
    YearDay(Padding),
    /// `15`
    Hour,
    /// `3`, `03`
    HalfHour(Padding),
    /// `4`, `04`
    Minute(Padding),
    /// `5`, `05`
    Second(Padding),
    /// `PM`, `pm`
    Noon { upper: bool },
    /// `MST`
    ZoneName,
    /// `-0700` and its kin
    Offset(Offset),
    /// `.000`, `,999`
    Fraction { separator: u8, digits: usize, trimmed: bool },
}

/// What fills a number up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    Nothing,
    Space,
    Zero,
}

/// How an offset from UTC is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offset {
    /// `Z` stands for UTC.
    pub(super) zulu: bool,
    pub(super) colons: bool,
    pub(super) minutes: bool,
    pub(super) seconds: bool,
}

/// The elements that are fixed texts; of two that begin alike, the one to be tried first comes first. A short
/// name is not one where a lower-case letter follows.
const FIXED: &[(&[u8], Element)] = &[
    (b"January", Element::MonthName),
    (b"Jan", Element::ShortMonthName),
    (b"Monday", Element::WeekdayName),
    (b"Mon", Element::ShortWeekdayName),
    (b"MST", Element::ZoneName),
    (b"01", Element::Month(Padding::Zero)),
    (b"02", Element::Day(Padding::Zero)),
    (b"03", Element::HalfHour(Padding::Zero)),
    (b"04", Element::Minute(Padding::Zero)),
    (b"05", Element::Second(Padding::Zero)),
    (b"06", Element::ShortYear),
    (b"002", Element::YearDay(Padding::Zero)),
    (b"15", Element::Hour),
    (b"1", Element::Month(Padding::Nothing)),
    (b"2006", Element::Year),
    (b"2", Element::Day(Padding::Nothing)),
    (b"_2", Element::Day(Padding::Space)),
    (b"__2", Element::YearDay(Padding::Space)),
    (b"3", Element::HalfHour(Padding::Nothing)),
    (b"4", Element::Minute(Padding::Nothing)),
    (b"5", Element::Second(Padding::Nothing)),
    (b"PM", Element::Noon { upper: true }),
    (b"pm", Element::Noon { upper: false }),
    (b"-070000", offset(false, "070000")),
    (b"-07:00:00", offset(false, "07:00:00")),
    (b"-0700", offset(false, "0700")),
    (b"-07:00", offset(false, "07:00")),
    (b"-07", offset(false, "07")),
    (b"Z070000", offset(true, "070000")),
    (b"Z07:00:00", offset(true, "07:00:00")),
    (b"Z0700", offset(true, "0700")),
    (b"Z07:00", offset(true, "07:00")),
    (b"Z07", offset(true, "07")),
];

/// The length of the rest tells the parts, a colon apart or not.
const fn offset(zulu: bool, rest: &str) -> Element {
    let colons = matches!(rest.as_bytes(), [_, _, b':', ..]);
    let minutes = rest.len() > 2;
    Element::Offset(Offset { zulu, colons, minutes, seconds: rest.len() > 5 })
}

/// A layout's next element, with the text before it.
pub(super) struct Chunk<'a> {
    pub(super) prefix: &'a [u8],
    /// The element and how it is written; nothing at the end.
    pub(super) element: Option<(Element, &'a [u8])>,
    pub(super) rest: &'a [u8],
}

/// Cuts the next element off.
pub(super) fn next_chunk(layout: &[u8]) -> Chunk<'_> {
    for start in 0..layout.len() {
        let (prefix, rest) = layout.split_at(start);
        // `_2006` is an underscore before a year.
        if rest.starts_with(b"_2006") {
            continue;
        }
        if let Some((element, length)) = fixed(rest).or_else(|| fraction(rest)) {
            let (text, rest) = rest.split_at(length);
            return Chunk { prefix, element: Some((element, text)), rest };
        }
    }
    Chunk { prefix: layout, element: None, rest: &[] }
}

fn fixed(text: &[u8]) -> Option<(Element, usize)> {
    let found = FIXED.iter().find(|(fixed, element)| {
        let short = matches!(element, Element::ShortMonthName | Element::ShortWeekdayName);
        let goes_on = short && text.get(fixed.len()).is_some_and(u8::is_ascii_lowercase);
        text.starts_with(fixed) && !goes_on
    })?;
    Some((found.1, found.0.len()))
}

/// A separator and zeros or nines, which no other digit may follow.
fn fraction(text: &[u8]) -> Option<(Element, usize)> {
    let [separator @ (b'.' | b','), digit @ (b'0' | b'9'), ..] = text else { return None };
    let digits = text[1..].iter().take_while(|byte| *byte == digit).count();
    let ends = !text.get(1 + digits).is_some_and(u8::is_ascii_digit);
    let element = Element::Fraction { separator: *separator, digits, trimmed: *digit == b'9' };
    ends.then_some((element, 1 + digits))
}
