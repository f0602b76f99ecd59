//! What happens while waiting and doing.
