//! Who watches, and what each of them must be told.

use super::plan::Kind;
use super::quake::Quake;

/// A watcher: what it asks the server for, and the same condition in plain Rust.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watcher {
    /// Its name on the screen.
    pub(crate) name: &'static str,
    /// What it watches, in short.
    pub(crate) label: &'static str,
    /// Its filter as `--where` takes it; empty for everything.
    pub(crate) condition: &'static str,
    /// The same condition, written without the library, to know what must arrive.
    wants: fn(&Quake) -> bool,
}

/// The three of the demo.
pub(crate) const WATCHERS: [Watcher; 3] = [
    Watcher { name: "all", label: "everything", condition: "", wants: |_| true },
    Watcher {
        name: "strong",
        label: "mag >= 4.5",
        condition: "mag >= 4.5",
        wants: |quake| quake.mag >= 4.5,
    },
    Watcher {
        name: "west",
        label: "Alaska or California",
        condition: r#"place contains "Alaska" or place contains "California""#,
        wants: |quake| {
            let place = quake.place.to_lowercase();
            place.contains("alaska") || place.contains("california")
        },
    },
];

impl Watcher {
    /// Whether the watcher is told of a change from `old` to `new`: when one of them fits.
    pub(crate) fn is_told(&self, old: Option<&Quake>, new: Option<&Quake>) -> bool {
        [old, new].into_iter().flatten().any(self.wants)
    }
}

/// An event by which a change is known: every earthquake is created, updated and deleted at most
/// once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) kind: Kind,
    /// The survey's id of the earthquake.
    pub(crate) event: String,
}

#[cfg(test)]
mod tests {
    use super::super::quake::week;
    use super::*;

    #[test]
    fn a_watcher_is_told_when_the_old_or_the_new_one_fits() {
        let [all, strong, west] = WATCHERS;
        let weak = Quake { mag: 4.4, place: "Fiji".into(), ..week(Some(1)).unwrap().remove(0) };
        let big = Quake { mag: 4.5, place: "9km E of ALASKA".into(), ..weak.clone() };
        for (old, new, told) in [
            (None, Some(&weak), [true, false, false]),
            (None, Some(&big), [true, true, true]),
            (Some(&weak), Some(&big), [true, true, true]),
            (Some(&big), Some(&weak), [true, true, true]),
            (Some(&big), None, [true, true, true]),
            (Some(&weak), None, [true, false, false]),
        ] {
            assert_eq!([all, strong, west].map(|watcher| watcher.is_told(old, new)), told);
        }
    }

    #[test]
    fn the_filters_of_the_week_let_some_through() {
        let week = week(None).unwrap();
        let fits = WATCHERS
            .map(|watcher| week.iter().filter(|quake| watcher.is_told(None, Some(quake))).count());
        assert_eq!(fits, [1707, 85, 391]);
    }
}
