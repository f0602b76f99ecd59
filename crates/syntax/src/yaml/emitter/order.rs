//! The order of keys.

use std::cmp::Ordering;

use crate::yaml::Flavour;

/// Sorts keys as Go does: letters after everything else, digits by their value (`a2` before `a10`).
///
/// The rule is not transitive for every text, so the sort must bear that: the result is then some order, as it
/// is in Go.
pub fn natural_order<T>(entries: &mut Vec<T>, key: impl Fn(&T) -> &str, flavour: Flavour) {
    let sorted = merge_sort(std::mem::take(entries), &|a, b| less(key(a), key(b), flavour));
    *entries = sorted;
}

fn merge_sort<T>(mut entries: Vec<T>, less: &impl Fn(&T, &T) -> bool) -> Vec<T> {
    if entries.len() < 2 {
        return entries;
    }
    let right = entries.split_off(entries.len() / 2);
    let mut left = merge_sort(entries, less).into_iter().peekable();
    let mut right = merge_sort(right, less).into_iter().peekable();
    let mut merged = Vec::with_capacity(left.len() + right.len());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if less(b, a) { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

fn less(a: &str, b: &str, flavour: Flavour) -> bool {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let Some(at) = a.iter().zip(&b).position(|(a, b)| a != b) else {
        return a.len() < b.len();
    };
    match (a[at].is_alphabetic(), b[at].is_alphabetic()) {
        (true, true) => a[at] < b[at],
        (false, false) => compare_numbers(&a, &b, at).is_lt(),
        (a_is_letter, b_is_letter) => {
            // v3 puts `a1b` before `a10`: behind a digit, a letter ends the number.
            let after_digit = at > 0 && is_digit(a[at - 1]) && flavour != Flavour::GoYamlV2;
            if after_digit { a_is_letter } else { b_is_letter }
        }
    }
}

/// Compares by the numbers that start where the texts part, then by their length, then by character.
fn compare_numbers(a: &[char], b: &[char], at: usize) -> Ordering {
    let mut number = 0;
    if a[at] == '0' || b[at] == '0' {
        let before = a[..at].iter().rev().take_while(|&&digit| is_digit(digit));
        // A zero inside a number weighs; a leading one does not.
        number = i64::from(before.clone().any(|&digit| digit != '0'));
    }
    let (a_number, a_digits) = read_number(number, &a[at..]);
    let (b_number, b_digits) = read_number(number, &b[at..]);
    a_number.cmp(&b_number).then(a_digits.cmp(&b_digits)).then(a[at].cmp(&b[at]))
}

fn read_number(start: i64, text: &[char]) -> (i64, usize) {
    let digits = text.iter().take_while(|&&digit| is_digit(digit));
    let count = digits.clone().count();
    let number = digits.fold(start, |number, &digit| {
        number.wrapping_mul(10).wrapping_add(i64::from(u32::from(digit)) - i64::from(u32::from('0')))
    });
    (number, count)
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(keys: &str, flavour: Flavour) -> String {
        let mut keys: Vec<&str> = keys.split_whitespace().collect();
        natural_order(&mut keys, |key| key, flavour);
        keys.join(" ")
    }

    #[test]
    fn digits_count_by_their_value_and_letters_come_last() {
        assert_eq!(
            sorted("a10 a2 a1 a B b a-b a_b 10 9 1", Flavour::GoYamlV2),
            "1 9 10 B a a-b a_b a1 a2 a10 b"
        );
        assert_eq!(sorted("b100 b09 b9 b10 b1", Flavour::GoYamlV2), "b1 b9 b09 b10 b100");
        assert_eq!(sorted("a1b a10 a1", Flavour::GoYamlV2), "a1 a10 a1b");
        assert_eq!(sorted("a1b a10 a1", Flavour::GoYamlV3), "a1 a1b a10");
    }
}
