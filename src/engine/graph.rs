//! The graph: who needs whom, also where nobody wrote it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use super::order::{Order, order};
use super::program::title;
use super::{Checked, Providers};
use crate::diagnostic::{Diagnostic, Diagnostics, suggest};
use crate::resource::{Brings, Need, Resource, Urn, Value};

/// Why a resource comes after another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// The program says so.
    DependsOn,
    /// It takes an output of it.
    Output,
    /// It needs what the other brings.
    Need(Need),
}

impl fmt::Display for Because {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DependsOn => formatter.write_str("depends on it"),
            Self::Output => formatter.write_str("takes its output"),
            Self::Need(Need::Namespace(name)) => write!(formatter, "needs the namespace {name}"),
            Self::Need(Need::Kind(kind)) => write!(formatter, "needs the kind {kind}"),
            Self::Need(Need::SecretKey { secret, key }) => {
                write!(formatter, "needs the key {key} of the Secret {secret}")
            }
            Self::Need(Need::Store(store)) => write!(formatter, "needs the store {store}"),
            Self::Need(Need::Webhook(kind)) => write!(formatter, "needs the webhook of {kind}"),
        }
    }
}

/// An arrow from a resource to one that comes before it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// What comes before.
    pub to: Urn,
    /// Why.
    pub because: Because,
}

/// A need that nothing in the program meets: the live cluster has to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Who needs it.
    pub urn: Urn,
    /// What is needed.
    pub need: Need,
}

/// A program's resources in an order in which each comes after what it needs.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    resources: Vec<Resource>,
    index: HashMap<Urn, usize>,
    edges: Vec<BTreeSet<Edge>>,
    unmet: Vec<Unmet>,
    outputs: BTreeMap<String, Value>,
}

impl Graph {
    /// Builds the graph of a checked program whose providers were [prepared](super::prepare).
    ///
    /// Errors, all at once: a name that is used twice, an unknown type, a dependency that is not in the program, and
    /// resources that need each other.
    pub fn build(checked: &Checked<'_>, providers: &Providers) -> Result<Self, Diagnostics> {
        let program = checked.program();
        let mut problems = Diagnostics::new();
        let index = index(&program.resources, &mut problems);
        let mut edges: Vec<BTreeSet<Edge>> =
            program.resources.iter().map(|resource| explicit(resource, &index, &mut problems)).collect();
        let unmet = infer(&program.resources, providers, &mut edges, &mut problems);
        for name in unknown_outputs(&program.outputs, &index) {
            problems.push(name);
        }
        let Order { sequence, cycles } = order(&targets(&edges, &index));
        problems.extend(cycles.iter().map(|cycle| cycle_problem(cycle, &program.resources, &edges)));
        if problems.has_errors() {
            return Err(problems);
        }
        let resources: Vec<Resource> =
            sequence.iter().map(|&position| program.resources[position].clone()).collect();
        let edges = sequence.iter().map(|&position| std::mem::take(&mut edges[position])).collect();
        let index = resources.iter().enumerate().map(|(i, resource)| (resource.urn.clone(), i)).collect();
        Ok(Self { resources, index, edges, unmet, outputs: program.outputs.clone() })
    }

    /// Returns the resources, each after all that it needs.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Returns a resource.
    pub fn resource(&self, urn: &Urn) -> Option<&Resource> {
        self.index.get(urn).map(|&index| &self.resources[index])
    }

    /// Returns the arrows from a resource to what comes before it.
    pub fn edges(&self, urn: &Urn) -> impl Iterator<Item = &Edge> {
        self.index.get(urn).into_iter().flat_map(|&index| &self.edges[index])
    }

    /// Returns what a resource needs, whoever brings it.
    pub fn needs(&self, urn: &Urn) -> impl Iterator<Item = &Need> {
        let met = self.edges(urn).filter_map(|edge| match &edge.because {
            Because::Need(need) => Some(need),
            Because::DependsOn | Because::Output => None,
        });
        met.chain(self.unmet.iter().filter(move |unmet| unmet.urn == *urn).map(|unmet| &unmet.need))
    }

    /// Returns what comes before a resource, each once.
    pub fn dependencies(&self, urn: &Urn) -> Vec<Urn> {
        let urns: BTreeSet<&Urn> = self.edges(urn).map(|edge| &edge.to).collect();
        urns.into_iter().cloned().collect()
    }

    /// Returns the needs that nothing in the program meets; to be looked up in the cluster before any write.
    pub fn unmet_needs(&self) -> &[Unmet] {
        &self.unmet
    }

    /// Returns the stack's outputs.
    pub fn outputs(&self) -> &BTreeMap<String, Value> {
        &self.outputs
    }
}

fn index(resources: &[Resource], problems: &mut Diagnostics) -> HashMap<Urn, usize> {
    let mut index = HashMap::new();
    for (position, resource) in resources.iter().enumerate() {
        if index.insert(resource.urn.clone(), position).is_some() {
            problems.push(
                Diagnostic::error(format!("{} is registered twice", resource.urn))
                    .hint("give one of the two another name"),
            );
        }
    }
    index
}

fn explicit(resource: &Resource, index: &HashMap<Urn, usize>, problems: &mut Diagnostics) -> BTreeSet<Edge> {
    let written = resource.options.depends_on.iter().map(|to| (to.clone(), Because::DependsOn));
    let taken = resource.inputs.dependencies().into_iter().map(|to| (to, Because::Output));
    let mut edges = BTreeSet::new();
    for (to, because) in written.chain(taken) {
        if index.contains_key(&to) {
            edges.insert(Edge { to, because });
        } else {
            problems.push(missing(&format!("{} {because}", resource.urn), &to, index));
        }
    }
    edges
}

fn unknown_outputs(outputs: &BTreeMap<String, Value>, index: &HashMap<Urn, usize>) -> Vec<Diagnostic> {
    let of = |(name, value): (&String, &Value)| {
        let unknown = value.dependencies().into_iter().filter(|urn| !index.contains_key(urn));
        unknown.map(|urn| missing(&format!("the stack's output `{name}`"), &urn, index)).collect::<Vec<_>>()
    };
    outputs.iter().flat_map(of).collect()
}

fn missing(who: &str, to: &Urn, index: &HashMap<Urn, usize>) -> Diagnostic {
    let problem = Diagnostic::error(format!("{who}: {to} is not in the program"));
    match suggest(to.as_str(), index.keys().map(Urn::as_str)) {
        Some(near) => problem.hint(format!("did you mean {near}?")),
        None => problem,
    }
}

/// Adds an edge for each need that another resource meets, and returns the needs that none meets.
fn infer(
    resources: &[Resource],
    providers: &Providers,
    edges: &mut [BTreeSet<Edge>],
    problems: &mut Diagnostics,
) -> Vec<Unmet> {
    let mut needs = Vec::new();
    let mut brought: HashMap<Brings, Vec<usize>> = HashMap::new();
    for (position, resource) in resources.iter().enumerate() {
        match providers.of(&resource.urn) {
            Ok(provider) => {
                let unique: BTreeSet<Need> = provider.needs(&resource.inputs).into_iter().collect();
                needs.extend(unique.into_iter().map(|need| (position, need)));
                for brings in provider.brings(&resource.inputs) {
                    brought.entry(brings).or_default().push(position);
                }
            }
            Err(unknown) => problems.push(*unknown),
        }
    }
    let mut unmet = Vec::new();
    for (position, need) in needs {
        let by = brought.get(&met_by(&need)).map(Vec::as_slice).unwrap_or_default();
        if by.is_empty() {
            unmet.push(Unmet { urn: resources[position].urn.clone(), need });
        } else if !by.contains(&position) {
            edges[position].extend(by.iter().map(|&other| Edge {
                to: resources[other].urn.clone(),
                because: Because::Need(need.clone()),
            }));
        }
    }
    unmet
}

/// Returns what must be brought to meet a need.
fn met_by(need: &Need) -> Brings {
    match need {
        Need::Namespace(name) => Brings::Namespace(name.clone()),
        Need::Kind(kind) => Brings::Kind(kind.clone()),
        Need::SecretKey { secret, .. } => Brings::Secret(secret.clone()),
        Need::Store(store) => Brings::Store(store.clone()),
        Need::Webhook(kind) => Brings::Webhook(kind.clone()),
    }
}

fn targets(edges: &[BTreeSet<Edge>], index: &HashMap<Urn, usize>) -> Vec<BTreeSet<usize>> {
    edges.iter().map(|edges| edges.iter().filter_map(|edge| index.get(&edge.to).copied()).collect()).collect()
}

fn cycle_problem(cycle: &[usize], resources: &[Resource], edges: &[BTreeSet<Edge>]) -> Diagnostic {
    let arrows = cycle.iter().zip(cycle.iter().cycle().skip(1)).map(|(&from, &to)| {
        let (edges, from, to) = (&edges[from], &resources[from].urn, &resources[to].urn);
        let because = edges.iter().find(|edge| edge.to == *to).map(|edge| edge.because.to_string());
        format!("{} → {} ({})", title(from), title(to), because.unwrap_or_default())
    });
    let text = format!("resources wait for each other: {}", arrows.collect::<Vec<_>>().join(", "));
    Diagnostic::error(text).hint("take one of these arrows away")
}
