//! The driver's methods, for threads: what they are called, and how they are waited for.

/// Methods of a type around one of the driver's, each by the driver's method of the same name:
///
/// | word | the driver's method |
/// |---|---|
/// | `call` | returns at once |
/// | `wait` | is a future; other threads may use the connection in the meantime |
/// | `alone` | is a future; this thread does nothing else until it is ready |
macro_rules! delegate {
    ($($(#[$doc:meta])* $how:ident $name:ident(&$self:ident $(, $arg:ident: $type:ty)*) -> $out:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name(&$self $(, $arg: $type)*) -> $out {
            delegate!(@$how $self.0.$name($($arg),*))
        }
    )*};
    (@call $call:expr) => { $call };
    (@wait $call:expr) => { $crate::wait::wait($call) };
    (@alone $call:expr) => { $crate::wait::wait_alone($call) };
}

/// Methods of a builder around one of the driver's, each by the driver's method of the same name.
macro_rules! build {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*);)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(self $(, $arg: $type)*) -> Self {
            Self(self.0.$name($($arg),*))
        }
    )*};
}

pub(crate) use {build, delegate};
