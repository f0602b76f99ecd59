//! Shamir's secret sharing over the field of AES: key groups each hold a part of the data key.
//!
//! A part is the values of one random polynomial per byte at x, followed by x. The secret is their values at 0.

use rand::RngCore;
use rand::rngs::OsRng;
use rand::seq::SliceRandom;
use zeroize::Zeroizing;

/// Splits a secret into parts of which any `threshold` put it together; there are 2 to 255 of them.
pub(super) fn split(secret: &[u8], parts: usize, threshold: usize) -> Vec<Zeroizing<Vec<u8>>> {
    let mut places: Vec<u8> = (1..=255).collect();
    places.shuffle(&mut OsRng);
    let mut shares: Vec<_> = places.iter().take(parts).map(|_| Zeroizing::new(Vec::new())).collect();
    let mut coefficients = Zeroizing::new(vec![0; threshold]);
    for byte in secret {
        OsRng.fill_bytes(&mut coefficients);
        coefficients[0] = *byte;
        for (share, x) in shares.iter_mut().zip(&places) {
            // Horner's way, from the highest power down.
            share.push(coefficients.iter().rev().fold(0, |sum, coefficient| multiply(sum, *x) ^ coefficient));
        }
    }
    for (share, x) in shares.iter_mut().zip(&places) {
        share.push(*x);
    }
    shares
}

/// Puts the secret together; `None` where the parts are not of one secret.
pub(super) fn combine(parts: &[&[u8]]) -> Option<Zeroizing<Vec<u8>>> {
    let length = parts.first()?.len();
    if parts.len() < 2 || length < 2 || parts.iter().any(|part| part.len() != length) {
        return None;
    }
    let places: Vec<u8> = parts.iter().map(|part| part[length - 1]).collect();
    let distinct = places.iter().enumerate().all(|(index, x)| *x != 0 && !places[..index].contains(x));
    let weights: Vec<u8> = (0..places.len()).map(|index| weight(&places, index)).collect();
    let byte = |at: usize| {
        parts.iter().zip(&weights).fold(0, |sum, (part, weight)| sum ^ multiply(part[at], *weight))
    };
    distinct.then(|| Zeroizing::new((0..length - 1).map(byte).collect()))
}

/// Lagrange's factor of the part `index` for the value at 0; in this field subtraction is addition is XOR.
fn weight(places: &[u8], index: usize) -> u8 {
    let own = places[index];
    let others = places.iter().filter(|place| **place != own);
    others.fold(1, |product, &other| multiply(product, multiply(other, inverse(other ^ own))))
}

/// Multiplies modulo x⁸ + x⁴ + x³ + x + 1, without branches that depend on the operands.
fn multiply(a: u8, b: u8) -> u8 {
    (0..8).rev().fold(0u8, |sum, bit| {
        let doubled = (sum << 1) ^ ((sum >> 7).wrapping_neg() & 0x1b);
        doubled ^ (((b >> bit) & 1).wrapping_neg() & a)
    })
}

/// Returns a²⁵⁴ = a² · a⁴ · … · a¹²⁸, which is a⁻¹.
fn inverse(a: u8) -> u8 {
    let mut power = a;
    let mut product = 1;
    for _ in 0..7 {
        power = multiply(power, power);
        product = multiply(product, power);
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_but_zero_has_an_inverse() {
        assert!((1..=255).all(|element| multiply(element, inverse(element)) == 1));
        assert_eq!(multiply(0x57, 0x83), 0xc1);
    }

    #[test]
    fn as_many_parts_as_the_threshold_says_put_a_secret_together() {
        let secret = *b"a data key of thirty-two bytes..";
        let parts = split(&secret, 5, 3);
        assert!(parts.iter().all(|part| part.len() == 33));
        let taken = |indices: &[usize]| {
            let taken: Vec<&[u8]> = indices.iter().map(|&index| parts[index].as_slice()).collect();
            combine(&taken).unwrap()
        };
        for indices in [[0, 1, 2], [4, 2, 0], [1, 3, 4]] {
            assert_eq!(*taken(&indices), secret);
        }
        assert_ne!(*taken(&[0, 1]), secret);
    }

    #[test]
    fn any_two_points_of_a_line_give_its_value_at_zero() {
        let line = |x: u8| vec![0x42 ^ multiply(0x9d, x), 0x17 ^ multiply(0x03, x), x];
        let parts = [line(1), line(7), line(200)];
        for (a, b) in [(0, 1), (1, 2), (2, 0)] {
            assert_eq!(*combine(&[&parts[a], &parts[b]]).unwrap(), [0x42, 0x17]);
        }
        assert_eq!(*combine(&[&parts[0], &parts[1], &parts[2]]).unwrap(), [0x42, 0x17]);
        assert!(combine(&[&parts[0], &parts[0]]).is_none());
        assert!(combine(&[&parts[0]]).is_none());
    }
}
