//! The connections, by id.

use alloc::vec::Vec;
use core::fmt;

/// Names a connection of a [`Hub`](crate::Hub), and no other ever again.
///
/// ```
/// use cocobase_hub::ConnectionId;
///
/// let id = ConnectionId::from_bits(7 << 32 | 3);
/// assert_eq!(id.to_bits(), 7 << 32 | 3);
/// assert_eq!(id.to_string(), "7.3");
/// assert!(id < ConnectionId::from_bits(8 << 32));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId {
    index: u32,
    generation: u32,
}

impl ConnectionId {
    /// The id as a number, for tables of the caller's.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        (self.index as u64) << 32 | self.generation as u64
    }

    /// The id that has this number.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self { index: (bits >> 32) as u32, generation: bits as u32 }
    }

    pub(crate) const fn index(self) -> u32 {
        self.index
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.index, self.generation)
    }
}

/// Places that are used again, each time under another id.
#[derive(Debug)]
pub(crate) struct Connections<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
    len: usize,
}

#[derive(Debug)]
struct Place<T> {
    generation: u32,
    value: Option<T>,
}

impl<T> Connections<T> {
    pub(crate) const fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new(), len: 0 }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn insert(&mut self, value: T) -> ConnectionId {
        self.len += 1;
        let index = self.free.pop().unwrap_or(self.places.len() as u32);
        match self.places.get_mut(index as usize) {
            Some(place) => {
                place.value = Some(value);
                ConnectionId { index, generation: place.generation }
            }
            None => {
                self.places.push(Place { generation: 0, value: Some(value) });
                ConnectionId { index, generation: 0 }
            }
        }
    }

    pub(crate) fn remove(&mut self, id: ConnectionId) -> Option<T> {
        let place = self.places.get_mut(id.index as usize)?;
        let value = place.value.take_if(|_| place.generation == id.generation)?;
        self.len -= 1;
        // A place whose ids are used up is given up.
        if let Some(generation) = place.generation.checked_add(1) {
            place.generation = generation;
            self.free.push(id.index);
        }
        Some(value)
    }

    pub(crate) fn get(&self, id: ConnectionId) -> Option<&T> {
        let place = self.places.get(id.index as usize)?;
        place.value.as_ref().filter(|_| place.generation == id.generation)
    }

    pub(crate) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut T> {
        let place = self.places.get_mut(id.index as usize)?;
        place.value.as_mut().filter(|_| place.generation == id.generation)
    }

    /// The id of whoever is in this place.
    pub(crate) fn at(&self, index: u32) -> Option<ConnectionId> {
        let place = self.places.get(index as usize)?;
        place.value.is_some().then_some(ConnectionId { index, generation: place.generation })
    }

    pub(crate) fn ids(&self) -> Vec<ConnectionId> {
        (0..self.places.len() as u32).filter_map(|index| self.at(index)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_used_once() {
        let mut connections = Connections::new();
        let (one, two) = (connections.insert("one"), connections.insert("two"));
        assert_eq!((connections.get(one), connections.get(two)), (Some(&"one"), Some(&"two")));
        assert_eq!(connections.remove(one), Some("one"));
        assert_eq!(connections.remove(one), None);
        let three = connections.insert("three");
        assert_eq!(one.index(), three.index());
        assert_ne!(one, three);
        assert_eq!(connections.get(one), None);
        assert_eq!(connections.get_mut(one), None);
        assert_eq!(connections.len(), 2);
        assert_eq!(connections.ids(), [three, two]);
    }
}
