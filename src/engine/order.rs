//! An order of a graph's nodes in which each comes after what it needs, or the cycles that leave none.

use std::collections::BTreeSet;

/// The order of a graph.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// The nodes; of two that could come next the first comes first.
    pub(super) sequence: Vec<usize>,
    /// Nodes of which each needs the next, and the last the first. Empty, or there is no order.
    pub(super) cycles: Vec<Vec<usize>>,
}

/// Orders nodes of which each names those that come before it.
pub(super) fn order(before: &[BTreeSet<usize>]) -> Order {
    let mut after = vec![Vec::new(); before.len()];
    for (node, needed) in before.iter().enumerate() {
        for &other in needed {
            after[other].push(node);
        }
    }
    let mut missing: Vec<usize> = before.iter().map(BTreeSet::len).collect();
    let mut ready: BTreeSet<usize> = (0..before.len()).filter(|&node| missing[node] == 0).collect();
    let mut left: BTreeSet<usize> = (0..before.len()).collect();
    let mut order = Order { sequence: Vec::with_capacity(before.len()), cycles: Vec::new() };
    loop {
        while let Some(node) = ready.pop_first() {
            left.remove(&node);
            order.sequence.push(node);
            for &next in &after[node] {
                missing[next] -= 1;
                if missing[next] == 0 && left.contains(&next) {
                    ready.insert(next);
                }
            }
        }
        let Some(&start) = left.first() else { return order };
        // Every node that is left needs another that is left. The cycle is reported, its nodes are taken as done, and
        // the search goes on for cycles beside it.
        let cycle = cycle_from(start, before, &left);
        for &node in &cycle {
            left.remove(&node);
        }
        for &node in &cycle {
            for &next in &after[node] {
                missing[next] -= 1;
                if missing[next] == 0 && left.contains(&next) {
                    ready.insert(next);
                }
            }
        }
        order.cycles.push(cycle);
    }
}

fn cycle_from(start: usize, before: &[BTreeSet<usize>], left: &BTreeSet<usize>) -> Vec<usize> {
    let mut path = vec![start];
    let mut node = start;
    while let Some(&next) = before[node].iter().find(|needed| left.contains(needed)) {
        if let Some(position) = path.iter().position(|&visited| visited == next) {
            return path.split_off(position);
        }
        path.push(next);
        node = next;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph<const N: usize>(before: [&[usize]; N]) -> Vec<BTreeSet<usize>> {
        before.iter().map(|nodes| nodes.iter().copied().collect()).collect()
    }

    #[test]
    fn each_comes_after_what_it_needs_and_else_in_the_order_given() {
        let order = order(&graph([&[2], &[], &[3], &[], &[]]));
        assert_eq!(order, Order { sequence: vec![1, 3, 2, 0, 4], cycles: vec![] });
    }

    #[test]
    fn every_cycle_is_found_once_and_what_hangs_on_it_is_none() {
        let order = order(&graph([&[1], &[0], &[0], &[4], &[5], &[3], &[6]]));
        assert_eq!(order.cycles, [vec![0, 1], vec![3, 4, 5], vec![6]]);
    }
}
