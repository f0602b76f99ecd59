//! Random combinations of faults, and the smallest part of one that still fails.

use std::collections::BTreeSet;

use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};

use super::Fault;

/// A combination has at least two faults and at most so many.
const MOST: usize = 4;

/// Draws combinations of faults; the same seed gives the same ones. No two faults of one harm the same part, for the
/// one would take the other's place.
pub fn combinations(seed: u64, count: usize) -> Vec<Vec<Fault>> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..count).map(|_| draw(&mut random)).collect()
}

fn draw(random: &mut StdRng) -> Vec<Fault> {
    let mut all = Fault::all();
    all.shuffle(random);
    let wanted = random.gen_range(2..=MOST);
    let mut harmed = BTreeSet::new();
    all.into_iter().filter(|fault| harmed.insert(fault.harm().part())).take(wanted).collect()
}

/// Returns the combinations that lack one fault of `faults`: one of them may fail as well.
pub(super) fn smaller(faults: &[Fault]) -> impl Iterator<Item = Vec<Fault>> {
    let without = |left_out: usize| {
        let kept = faults.iter().enumerate().filter(move |(index, _)| *index != left_out);
        kept.map(|(_, fault)| *fault).collect()
    };
    // A fault alone can't be made smaller.
    (0..faults.len()).filter(|_| faults.len() > 1).map(without)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_combinations_each_time_and_another_gives_others() {
        let drawn = combinations(7, 20);
        assert_eq!(drawn, combinations(7, 20));
        assert_ne!(drawn, combinations(8, 20));
    }

    #[test]
    fn no_two_faults_of_a_combination_harm_the_same_part() {
        for faults in combinations(1, 200) {
            let parts: BTreeSet<&str> = faults.iter().map(|fault| fault.harm().part()).collect();
            assert!((2..=MOST).contains(&faults.len()) && parts.len() == faults.len(), "{faults:?}");
        }
    }

    #[test]
    fn what_is_smaller_lacks_one_fault_and_one_alone_is_the_smallest() {
        let faults: Vec<Fault> = ["connect-401", "api-500"].map(|name| name.parse().unwrap()).to_vec();
        let all: Vec<Vec<Fault>> = smaller(&faults).collect();
        assert_eq!(all, [vec![faults[1]], vec![faults[0]]]);
        assert_eq!(smaller(&faults[..1]).count(), 0);
    }
}
