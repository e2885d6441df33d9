//! What every connection offers.

use crate::delegate::delegate;
use crate::{State, Statistics, Threads};

/// A call of a connection that can be cloned and taken to other threads: it tells how the connection
/// is, and can end it while another thread waits for its next event.
///
/// It keeps nothing alive: the connection ends with the iterator that it belongs to.
///
/// ```no_run
/// # fn example(mut watch: cocobase_blocking::Watch<()>) {
/// let handle = watch.handle();
/// std::thread::scope(|threads| {
///     threads.spawn(move || handle.close());
///     assert!(watch.by_ref().last().is_none());
/// });
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Handle(pub(crate) cocobase_driver::Handle<Threads>);

impl Handle {
    delegate! {
        /// The name that was given to the connection, or one that was made up: what it is about, and
        /// a number.
        call name(&self) -> &str;
        /// What the connection is doing.
        call state(&self) -> State;
        /// Whether the connection is over.
        call is_closed(&self) -> bool;
        /// What the connection has seen so far.
        call statistics(&self) -> Statistics;
        /// Makes a new link at once, whatever the state of the present one.
        call reconnect(&self) -> ();
        /// Says that the network has changed, as far as the program can tell: a pause is cut short,
        /// and a live link is asked whether it is still there.
        call network_changed(&self) -> ();
        /// Ends the connection for good, in whatever state it is: says goodbye to the server, for at
        /// most 50 ms, and drops events that were not taken and messages that wait. A thread that
        /// waits for the next event is told at once that there is none.
        wait close(&self) -> ();
    }
}

/// A type around one of the driver's streams: an iterator, and what all connections offer.
macro_rules! connection {
    ($(#[$doc:meta])* $name:ident$(<$typed:ident>)? of $item:ty, or $refusal:ty) => {
        $(#[$doc])*
        pub struct $name$(<$typed>)?(pub(crate) cocobase_driver::$name<$($typed,)? $crate::Threads>);

        impl$(<$typed: serde::de::DeserializeOwned>)? $name$(<$typed>)? {
            /// The next event, if it comes before `patience` is over. A call that ends before has
            /// taken nothing.
            ///
            /// # Errors
            ///
            /// `Timeout` when none came, `Disconnected` when the connection is over.
            pub fn recv_timeout(
                &mut self,
                patience: std::time::Duration,
            ) -> Result<$item, std::sync::mpsc::RecvTimeoutError> {
                use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
                let until = std::time::Instant::now().checked_add(patience);
                let event = cocobase_threads::wait_until(self.0.next(), until).ok_or(Timeout)?;
                event.ok_or(Disconnected)
            }

            /// The next event, if it is there already. It does what can be done without waiting, such
            /// as reading what the socket holds.
            ///
            /// # Errors
            ///
            /// `Empty` when there is none yet, `Disconnected` when the connection is over.
            pub fn try_recv(&mut self) -> Result<$item, std::sync::mpsc::TryRecvError> {
                use std::sync::mpsc::TryRecvError::{Disconnected, Empty};
                let now = Some(std::time::Instant::now());
                cocobase_threads::wait_until(self.0.next(), now).ok_or(Empty)?.ok_or(Disconnected)
            }

            /// Waits until it is live: what happens on the server from then on arrives here. Faults
            /// that may pass are retried without end, and not told.
            ///
            /// # Errors
            ///
            /// The server's refusal, which is then also the last event.
            pub fn ready(&mut self) -> Result<(), $refusal> {
                cocobase_threads::wait(self.0.ready())
            }

            /// The same for a limited time: `None` when it has passed. The attempts go on with the
            /// next call.
            pub fn ready_timeout(
                &mut self,
                patience: std::time::Duration,
            ) -> Option<Result<(), $refusal>> {
                let until = std::time::Instant::now().checked_add(patience);
                cocobase_threads::wait_until(self.0.ready(), until)
            }

            /// Lets a thread of its own move the connection from now on, so that it is kept alive and
            /// its messages leave while nobody asks for events. These wait in a queue of
            /// [`max_events`](crate::SessionConfig::max_events); when it has been full for a second,
            /// what comes on top is dropped, and told as a gap. The thread ends with the connection.
            ///
            /// # Errors
            ///
            /// When the system gives no thread; then the connection is over.
            pub fn spawn(self) -> Result<Self, $crate::Error> {
                self.0.spawn().map(Self)
            }

            /// Ends the connection: see [`Handle::close`](crate::Handle::close).
            pub fn close(self) {
                cocobase_threads::wait(self.0.close());
            }

            $crate::delegate::delegate! {
                /// A call of the connection that other threads may hold.
                lent handle(&self) -> $crate::Handle;
                /// See [`Handle::name`](crate::Handle::name).
                call name(&self) -> &str;
                /// See [`Handle::state`](crate::Handle::state).
                call state(&self) -> $crate::State;
                /// See [`Handle::is_closed`](crate::Handle::is_closed).
                call is_closed(&self) -> bool;
                /// See [`Handle::statistics`](crate::Handle::statistics).
                call statistics(&self) -> $crate::Statistics;
                /// See [`Handle::reconnect`](crate::Handle::reconnect).
                call reconnect(&self) -> ();
            }
        }

        /// Waits for each event; ends when the connection is over.
        impl$(<$typed: serde::de::DeserializeOwned>)? Iterator for $name$(<$typed>)? {
            type Item = $item;

            fn next(&mut self) -> Option<$item> {
                cocobase_threads::wait(self.0.next())
            }
        }

        impl$(<$typed>)? std::fmt::Debug for $name$(<$typed>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

pub(crate) use connection;
