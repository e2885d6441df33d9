//! The sample data: a week of earthquakes.

use serde::{Deserialize, Serialize};

/// The survey's feed of one week, one earthquake a line, in order of time.
const WEEK: &str = include_str!("../../../data/earthquakes.jsonl");

/// An earthquake, as the U.S. Geological Survey describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quake {
    /// The survey's id.
    pub(crate) event: String,
    /// RFC 3339, as the survey writes it.
    pub(crate) time: String,
    pub(crate) updated: String,
    pub(crate) mag: f64,
    pub(crate) mag_type: String,
    pub(crate) place: String,
    pub(crate) status: Status,
    pub(crate) tsunami: bool,
    pub(crate) alert: Option<String>,
    pub(crate) felt: Option<u32>,
    pub(crate) significance: u32,
    pub(crate) network: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) longitude: f64,
    pub(crate) latitude: f64,
    pub(crate) depth_km: f64,
}

/// Who looked at an earthquake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// A machine.
    Automatic,
    /// A person.
    Reviewed,
}

/// What a review changes.
#[derive(Debug, Serialize)]
pub(crate) struct Review {
    status: Status,
    updated: String,
}

impl Quake {
    /// The earthquake as it was first reported: by a machine, at the time it happened.
    pub(crate) fn first_report(&self) -> Self {
        let updated = if self.review().is_some() { &self.time } else { &self.updated };
        Self { status: Status::Automatic, updated: updated.clone(), ..self.clone() }
    }

    /// What a person changed later, if one did.
    pub(crate) fn review(&self) -> Option<Review> {
        (self.status == Status::Reviewed)
            .then_some(Review { status: Status::Reviewed, updated: self.updated.clone() })
    }
}

/// The first `max` earthquakes of the week, or all.
pub(crate) fn week(max: Option<usize>) -> serde_json::Result<Vec<Quake>> {
    WEEK.lines().take(max.unwrap_or(usize::MAX)).map(serde_json::from_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_week_reads_and_writes_back() {
        let week = week(None).unwrap();
        assert_eq!(week.len(), 1707);
        assert_eq!(week.iter().filter(|quake| quake.review().is_some()).count(), 1214);
        for (quake, line) in week.iter().zip(WEEK.lines()) {
            let fields: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(line).unwrap();
            let written = serde_json::to_value(quake).unwrap();
            assert_eq!(written.as_object().unwrap().len(), fields.len());
            assert_eq!(serde_json::from_value::<Quake>(written).unwrap(), *quake);
        }
    }

    #[test]
    fn a_first_report_and_its_review_make_the_whole() {
        for quake in week(Some(50)).unwrap() {
            let mut built = quake.first_report();
            assert_eq!(built.status, Status::Automatic);
            if let Some(review) = quake.review() {
                assert_eq!(built.updated, built.time);
                built.status = review.status;
                built.updated = review.updated;
            }
            assert_eq!(built, quake);
        }
    }
}
