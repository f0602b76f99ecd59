//! The engine: graph, plan, execution.
