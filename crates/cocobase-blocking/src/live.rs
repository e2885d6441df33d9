//! The documents that match now, kept up to date.

use serde::de::DeserializeOwned;

use crate::connection::connection;
use crate::delegate::delegate;
use crate::{Document, Error, LiveEvent};

connection! {
    /// The documents of a collection that fit a filter, as they are now, and an `Iterator` of what
    /// becomes of them.
    ///
    /// Applied in order to a list, the [events](LiveEvent) keep it equal to
    /// [`documents`](Self::documents). It is driven, reconnects and ends like a
    /// [`Watch`](crate::Watch). What was missed is made good by a new snapshot or list, and told as
    /// documents that entered, changed and left.
    ///
    /// ```no_run
    /// # fn example(collection: cocobase_blocking::Collection) -> Result<(), cocobase_blocking::Error> {
    /// use cocobase_blocking::{LiveEvent, Order};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Quake { mag: f64 }
    ///
    /// let mut top = collection.sort("mag", Order::Descending).limit(10).live::<Quake>()?;
    /// while let Some(event) = top.next() {
    ///     if matches!(event, LiveEvent::Entered { .. }) {
    ///         println!("{} documents", top.documents().len());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    Live<T> of LiveEvent<T>, or Error
}

impl<T: DeserializeOwned> Live<T> {
    delegate! {
        /// The documents, in order.
        call documents(&self) -> impl ExactSizeIterator<Item = &Document>;
        /// The documents, in order, decoded anew; an error for each that does not fit `T`.
        call values(&self) -> impl ExactSizeIterator<Item = Result<T, cocobase_proto::JsonError>>;
        /// Whether the documents are what the server's own list would be, as far as events have
        /// arrived.
        call is_current(&self) -> bool;
    }
}
