//! The JSON keys of the protocol, as they are written. They stand here, in the structs that read
//! messages, and in the filter codec, nowhere else.

pub(crate) const ACTION: &str = "action";
pub(crate) const ACTIONS: &str = "actions";
pub(crate) const API_KEY: &str = "api_key";
pub(crate) const CODE: &str = "code";
pub(crate) const COLLECTION: &str = "collection";
pub(crate) const COLLECTION_ID: &str = "collection_id";
pub(crate) const CONTENT: &str = "content";
pub(crate) const CREATED_AT: &str = "created_at";
pub(crate) const CREATED_AT_CAMEL: &str = "createdAt";
pub(crate) const CREATED_BY: &str = "created_by";
pub(crate) const DATA: &str = "data";
pub(crate) const DOCUMENT: &str = "document";
pub(crate) const DOCUMENT_ID: &str = "document_id";
pub(crate) const EPOCH: &str = "epoch";
pub(crate) const ERROR: &str = "error";
pub(crate) const ERROR_DETAIL: &str = "error_detail";
pub(crate) const EVENT: &str = "event";
pub(crate) const FILTER: &str = "filter";
pub(crate) const FILTERS: &str = "filters";
pub(crate) const ID: &str = "id";
pub(crate) const MESSAGE: &str = "message";
pub(crate) const MISSED: &str = "missed";
pub(crate) const NAME: &str = "name";
pub(crate) const OLD_DATA: &str = "old_data";
pub(crate) const PARTICIPANTS: &str = "participants";
pub(crate) const PARTICIPANT_LIST: &str = "participant_list";
pub(crate) const PROJECT_ID: &str = "project_id";
pub(crate) const RESUME: &str = "resume";
pub(crate) const RESUMED: &str = "resumed";
pub(crate) const ROOM: &str = "room";
pub(crate) const ROOMS: &str = "rooms";
pub(crate) const ROOM_ID: &str = "room_id";
pub(crate) const ROOM_INFO: &str = "room_info";
pub(crate) const ROOM_TITLE: &str = "room_title";
pub(crate) const SEQ: &str = "seq";
pub(crate) const SNAPSHOT: &str = "snapshot";
pub(crate) const TIMESTAMP: &str = "timestamp";
pub(crate) const TITLE: &str = "title";
pub(crate) const TOKEN: &str = "token";
pub(crate) const TOTAL: &str = "total";
pub(crate) const TYPE: &str = "type";
pub(crate) const UPDATED_AT: &str = "updated_at";
pub(crate) const UPDATED_AT_CAMEL: &str = "updatedAt";
pub(crate) const USER_ID: &str = "user_id";
pub(crate) const USER_NAME: &str = "user_name";

/// Marks a flat document that would otherwise read as nested (ours).
pub(crate) const SHAPE: &str = "_shape";
pub(crate) const SHAPE_FLAT: &str = "flat";
