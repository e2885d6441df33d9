//! The JSON keys and words of the protocol. They stand here and in the filter codec, nowhere else.

pub(crate) const API_KEY: &str = "api_key";
pub(crate) const COLLECTION: &str = "collection";
pub(crate) const COLLECTION_ID: &str = "collection_id";
pub(crate) const CREATED_AT: &str = "created_at";
pub(crate) const CREATED_AT_CAMEL: &str = "createdAt";
pub(crate) const DATA: &str = "data";
pub(crate) const EPOCH: &str = "epoch";
pub(crate) const ERROR: &str = "error";
pub(crate) const ERROR_DETAIL: &str = "error_detail";
pub(crate) const EVENT: &str = "event";
pub(crate) const FILTERS: &str = "filters";
pub(crate) const ID: &str = "id";
pub(crate) const OLD_DATA: &str = "old_data";
pub(crate) const SEQ: &str = "seq";
pub(crate) const TOKEN: &str = "token";
pub(crate) const UPDATED_AT: &str = "updated_at";
pub(crate) const UPDATED_AT_CAMEL: &str = "updatedAt";

/// Marks a flat document that would otherwise read as nested (ours).
pub(crate) const SHAPE: &str = "_shape";
pub(crate) const SHAPE_FLAT: &str = "flat";
