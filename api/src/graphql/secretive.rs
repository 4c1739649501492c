//! Inputs and payloads that hold passwords, codes and tokens.

/// `Debug` without the values, which are secret: neither a log nor a panic message may hold them.
macro_rules! secretive {
    ($($name:ident),+ $(,)?) => { $(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+ };
}
pub(crate) use secretive;
