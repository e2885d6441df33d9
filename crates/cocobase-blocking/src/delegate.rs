//! The driver's methods, for threads: what they are called, and how they are waited for.
//!
//! Each macro makes methods of a type around one of the driver's, by the driver's methods of the same
//! names.

/// | word | the driver's method |
/// |---|---|
/// | `call` | returns at once |
/// | `lent` | lends its handle, which is cloned |
/// | `wait` | is a future; other threads may use the connection in the meantime |
/// | `alone` | is a future; this thread does nothing else until it is ready |
macro_rules! delegate {
    ($($(#[$doc:meta])* $how:ident $name:ident(&$self:ident $(, $arg:ident: $type:ty)*) -> $out:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name(&$self $(, $arg: $type)*) -> $out {
            $crate::delegate::delegate!(@$how $self.0.$name($($arg),*))
        }
    )*};
    (@call $call:expr) => { $call };
    (@lent $call:expr) => { $crate::Handle($call.clone()) };
    (@wait $call:expr) => { cocobase_threads::wait($call) };
    (@alone $call:expr) => { cocobase_threads::wait_alone($call) };
}

/// For builders: the driver's method gives back the builder.
macro_rules! build {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*);)*) => {$(
        $(#[$doc])*
        #[must_use = "it is changed by what is given back"]
        pub fn $name(self $(, $arg: $type)*) -> Self { Self(self.0.$name($($arg),*)) }
    )*};
}

/// The driver's method makes what another of our types is around.
macro_rules! make {
    ($($(#[$doc:meta])* $name:ident(&$self:ident $(, $arg:ident: $type:ty)*) -> $out:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(&$self $(, $arg: $type)*) -> $out { $out($self.0.$name($($arg),*)) }
    )*};
}

/// What the driver's method makes is, once it has been waited for, what another of our types is
/// around.
macro_rules! open {
    ($($(#[$doc:meta])* $name:ident($self:ident $(, $arg:ident: $type:ty)*) -> $out:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name($self $(, $arg: $type)*) -> Result<$out, $crate::Error> {
            cocobase_threads::wait(std::future::IntoFuture::into_future($self.0.$name($($arg),*))).map($out)
        }
    )*};
}

pub(crate) use {build, delegate, make, open};
