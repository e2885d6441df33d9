//! What hellos and the messages of the gateway have in common.

use alloc::borrow::Cow;
use alloc::string::String;

use serde::Deserialize;

use super::hello::User;
use crate::credentials::Credentials;
use crate::filter::{Filter, FilterError};
use crate::json::from_object;
use crate::text::Text;
use crate::wire::keys;
use crate::wire::raw::Raw;
use crate::wire::server::Position;
use crate::wire::write::ObjectWriter;

pub(super) fn credentials(api_key: Raw<'_>, token: Raw<'_>) -> Option<Credentials> {
    let key = |key: Cow<'_, str>| Credentials::ApiKey((&*key).into());
    let token = || token.non_empty().map(|token| Credentials::Token((&*token).into()));
    api_key.non_empty().map(key).or_else(token)
}

pub(super) fn filter(filters: Raw<'_>) -> Result<Filter, FilterError> {
    filters.json().map_or(Ok(Filter::new()), Filter::from_json)
}

/// A position that cannot be read is as good as none: the server then does not resume.
pub(super) fn resume(position: Raw<'_>) -> Option<Position> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Body<'a> {
        #[serde(borrow)]
        epoch: Raw<'a>,
        #[serde(borrow)]
        seq: Raw<'a>,
    }
    let body: Body<'_> = from_object(position.json()?).ok()?;
    Some(Position { epoch: owned(body.epoch.text()?), seq: body.seq.integer()? })
}

pub(super) fn user(id: Raw<'_>, name: Raw<'_>) -> User {
    let some = |text: Raw<'_>| text.scalar().filter(|text| !text.is_empty()).map(owned);
    User { id: some(id), name: some(name) }
}

/// The beginning of what a client said, short enough for an error.
pub(super) fn excerpt(json: &str) -> Text {
    json.chars().take(64).collect::<String>().into()
}

pub(super) fn owned(text: Cow<'_, str>) -> Text {
    text.into_owned().into()
}

pub(super) fn push_credentials(object: &mut ObjectWriter<'_>, credentials: &Credentials) {
    match credentials {
        Credentials::ApiKey(key) => object.string(keys::API_KEY, key.expose()),
        Credentials::Token(token) => object.string(keys::TOKEN, token.expose()),
    };
}

pub(super) fn push_user(object: &mut ObjectWriter<'_>, user: &User) {
    object
        .maybe_string(keys::USER_ID, user.id.as_deref())
        .maybe_string(keys::USER_NAME, user.name.as_deref());
}

pub(super) fn push_subscription(
    object: &mut ObjectWriter<'_>,
    filter: &Filter,
    resume: Option<&Position>,
    snapshot: bool,
) -> Result<(), FilterError> {
    if !filter.is_empty() {
        object.json(keys::FILTERS, &filter.to_json()?);
    }
    push_resume(object, resume);
    if snapshot {
        object.boolean(keys::SNAPSHOT, true);
    }
    Ok(())
}

pub(super) fn push_resume(object: &mut ObjectWriter<'_>, resume: Option<&Position>) {
    if let Some(Position { epoch, seq }) = resume {
        object.object(keys::RESUME, |resume| {
            resume.string(keys::EPOCH, epoch).number(keys::SEQ, *seq);
        });
    }
}
