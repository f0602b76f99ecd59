//! What unlocks what, as boxes in tiers with lines between them.

use serde_json::{Value as Json, json};

use super::picture::{place, short};
use crate::workflow::{Tier, Trust, TrustNode};

const WIDTH: f64 = 1000.0;
/// Where the boxes begin: the tiers' names stand before them.
const LEFT: f64 = 130.0;
const BOX: f64 = 275.0;
const GAP: f64 = 18.0;
const IN_A_LINE: usize = 3;
const LINE: f64 = 16.0;
/// Between two tiers, for the lines.
const BETWEEN: f64 = 34.0;
/// So many characters fit into a box.
const FIT: usize = 40;

/// Where a box stands.
#[derive(Clone, Copy)]
struct Place {
    x: f64,
    y: f64,
    height: f64,
}

/// Returns the picture: tiers from top to bottom, each with its boxes in lines of three.
pub(super) fn picture(trust: &Trust) -> Json {
    let mut places: Vec<Option<Place>> = vec![None; trust.nodes.len()];
    let mut tiers = Vec::new();
    let mut y = 10.0;
    for tier in Tier::ALL {
        let members: Vec<usize> =
            (0..trust.nodes.len()).filter(|index| trust.nodes[*index].tier == tier).collect();
        if members.is_empty() {
            continue;
        }
        tiers.push(json!({ "title": tier.title(), "y": place(y + 22.0) }));
        for line in members.chunks(IN_A_LINE) {
            let height = line.iter().map(|index| height(&trust.nodes[*index])).fold(0.0, f64::max);
            let mut x = LEFT;
            for index in line {
                places[*index] = Some(Place { x, y, height });
                x += BOX + GAP;
            }
            y += height + BETWEEN;
        }
    }
    let boxes: Vec<Json> =
        trust.nodes.iter().zip(&places).filter_map(|(node, place)| Some(shown(node, (*place)?))).collect();
    let edges: Vec<String> =
        trust.edges.iter().filter_map(|(from, to)| Some(curve(places[*from]?, places[*to]?))).collect();
    json!({ "width": WIDTH, "height": place(y), "box": BOX, "tiers": tiers, "boxes": boxes, "edges": edges })
}

/// Returns the same as rows of a table, with whole names.
pub(super) fn rows(trust: &Trust) -> Vec<Json> {
    let opened_by = |index: usize| -> Vec<&str> {
        let edges = trust.edges.iter().filter(|(_, to)| *to == index);
        edges.map(|(from, _)| trust.nodes[*from].name.as_str()).collect()
    };
    let mut rows: Vec<(Tier, Json)> = trust
        .nodes
        .iter()
        .enumerate()
        .map(|(index, node)| {
            let row = json!({
                "tier": node.tier.title(),
                "name": node.name,
                "facts": node.facts.join("; "),
                "from": opened_by(index).join(", "),
            });
            (node.tier, row)
        })
        .collect();
    rows.sort_by_key(|(tier, _)| *tier);
    rows.into_iter().map(|(_, row)| row).collect()
}

fn lines(node: &TrustNode) -> usize {
    node.facts.len() + 1
}

fn height(node: &TrustNode) -> f64 {
    // A box has few lines.
    14.0 + LINE * f64::from(u32::try_from(lines(node)).unwrap_or(u32::MAX))
}

fn shown(node: &TrustNode, at: Place) -> Json {
    let mut y = at.y + 21.0;
    let mut facts = Vec::new();
    for fact in &node.facts {
        y += LINE;
        facts.push(json!({ "text": short(fact, FIT + 2), "y": place(y) }));
    }
    json!({
        "name": short(&node.name, FIT - 8),
        "whole": node.name,
        "x": place(at.x),
        "y": place(at.y),
        "inside": place(at.x + 10.0),
        "title": place(at.y + 21.0),
        "height": place(at.height),
        "facts": facts,
    })
}

/// Returns the path from under a box to above another.
fn curve(from: Place, to: Place) -> String {
    let (x1, y1) = (place(from.x + BOX / 2.0), place(from.y + from.height));
    let (x2, y2) = (place(to.x + BOX / 2.0), place(to.y));
    let middle = place(f64::midpoint(y1, y2));
    format!("M{x1} {y1} C{x1} {middle} {x2} {middle} {x2} {y2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(tier: Tier, name: &str) -> TrustNode {
        TrustNode { tier, name: name.to_owned(), facts: vec!["a fact".to_owned()] }
    }

    #[test]
    fn a_line_leads_from_under_what_unlocks_to_above_what_is_unlocked() {
        let nodes = vec![node(Tier::File, "file"), node(Tier::Key, "key")];
        let trust = Trust { nodes, edges: [(1, 0)].into() };
        let picture = picture(&trust);
        // The key's box is 10 to 56, the file's begins at 90.
        assert_eq!(picture["edges"][0], "M267.5 56 C267.5 73 267.5 73 267.5 90");
        assert_eq!(picture["boxes"].as_array().unwrap().len(), 2);
        assert_eq!(rows(&trust)[1]["from"], "key");
    }

    #[test]
    fn a_fourth_box_of_a_tier_begins_another_line() {
        let nodes = ["a", "b", "c", "d"].map(|name| node(Tier::Namespace, name)).to_vec();
        let picture = picture(&Trust { nodes, edges: [].into() });
        assert_eq!(
            (picture["boxes"][3]["x"].as_f64(), picture["boxes"][3]["y"].as_f64()),
            (Some(130.0), Some(90.0))
        );
    }
}
