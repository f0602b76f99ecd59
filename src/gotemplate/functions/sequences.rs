//! Runs of numbers: `until`, `untilStep`, `seq`.

use crate::gotemplate::{Functions, List, Rest};

pub(super) fn add(functions: &mut Functions) {
    functions.add("until", |count: isize| List::ints(steps(0, count, if count < 0 { -1 } else { 1 })));
    functions.add("untilStep", |start: isize, stop: isize, step: isize| List::ints(steps(start, stop, step)));
    functions.add("seq", |bounds: Rest<isize>| {
        let numbers: Vec<String> = sequence(&bounds.0).iter().map(isize::to_string).collect();
        numbers.join(" ")
    });
}

/// Counts from `start` until before `stop`; a step that leads away from it, or nowhere, counts nothing.
fn steps(start: isize, stop: isize, step: isize) -> Vec<isize> {
    let leads = if stop < start { step < 0 } else { step > 0 };
    let inside = |number: &isize| if step < 0 { *number > stop } else { *number < stop };
    std::iter::successors(leads.then_some(start), |number| number.checked_add(step))
        .take_while(inside)
        .collect()
}

/// Counts as the command `seq` does, both ends included: last; first and last; first, increment and last.
fn sequence(bounds: &[isize]) -> Vec<isize> {
    let (start, step, end) = match *bounds {
        [end] => (1, None, end),
        [start, end] => (start, None, end),
        [start, step, end] => (start, Some(step), end),
        _ => return Vec::new(),
    };
    let direction = if end < start { -1 } else { 1 };
    steps(start, end.saturating_add(direction), step.unwrap_or(direction))
}
