//! The verbs: the whole story of each, in one screen.
