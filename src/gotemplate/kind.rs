//! reflect's kinds, as `kindOf` names them.

/// The kind of a Go value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No value at all.
    Invalid,
    /// A nil interface.
    Interface,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `int32`.
    Int32,
    /// `int64`.
    Int64,
    /// `uint8`.
    Uint8,
    /// `uint64`.
    Uint64,
    /// `float64`.
    Float64,
    /// `string`.
    String,
    /// `slice`.
    Slice,
    /// `map`.
    Map,
    /// `struct`.
    Struct,
    /// `ptr`.
    Pointer,
    /// `func`.
    Function,
}

impl Kind {
    /// Returns reflect's word for the kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Interface => "interface",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Uint64 => "uint64",
            Self::Float64 => "float64",
            Self::String => "string",
            Self::Slice => "slice",
            Self::Map => "map",
            Self::Struct => "struct",
            Self::Pointer => "ptr",
            Self::Function => "func",
        }
    }
}
