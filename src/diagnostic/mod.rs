//! Problems with their place in a file.
