//! Filters in each of their forms: what one form says, the others say as well.

use cocobase_proto::filter::{Filter, Matcher};
use cocobase_proto::query::ListQuery;
use cocobase_proto::rest::WatchQuery;
use serde_json::{Map, Value};

use super::oracle;

/// A filter's JSON, and on the lines behind it documents to match.
pub fn filter_json(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let mut lines = text.split('\n');
    let Ok(filter) = Filter::from_json(lines.next().unwrap_or_default()) else { return };
    let forms = forms(&filter);
    for line in lines {
        let Ok(document) = serde_json::from_str::<Map<String, Value>>(line) else { continue };
        let expected = oracle::matches(&filter, &document);
        for form in &forms {
            assert_eq!(Matcher::new(form).matches(&document), expected, "{form} of {filter}");
        }
    }
}

/// The filter as each of its forms reads it back.
fn forms(filter: &Filter) -> Vec<Filter> {
    let mut forms = vec![filter.clone()];
    // Spelling may be longer than what was read, and limits apply to both.
    if let Ok(json) = filter.to_json() {
        forms.push(Filter::from_json(&json).unwrap());
    }
    if let Ok(pairs) = filter.to_pairs() {
        forms.push(Filter::from_pairs(pairs).unwrap());
    }
    if let Ok(parsed) = Filter::parse_where(&filter.to_string()) {
        forms.push(parsed);
    }
    forms
}

/// An expression of `--where`: it has a wire form, or the error points into it.
pub fn where_expression(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    match Filter::parse_where(text) {
        Ok(filter) => {
            let json = filter.to_json().expect("a parsed filter has a wire form");
            let again = Filter::from_json(&json).unwrap();
            assert_eq!(again.to_json().as_ref(), Ok(&json));
            if let Ok(parsed) = Filter::parse_where(&filter.to_string()) {
                assert_eq!(parsed, filter);
            }
        }
        Err(error) => {
            assert!(error.at() <= text.len(), "{error}");
            assert!(text.is_char_boundary(error.at()), "{error}");
            assert!(!error.to_string().is_empty());
        }
    }
}

/// A query string, of a list and of surface S.
pub fn query(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    if let Ok(query) = ListQuery::from_query(text)
        && let Ok(written) = query.to_query()
    {
        let again = ListQuery::from_query(&written).unwrap();
        assert_eq!(again.to_query().as_ref(), Ok(&written));
        assert_eq!(
            (&again.sort, again.limit, again.offset),
            (&query.sort, query.limit, query.offset)
        );
    }
    if let Ok(query) = WatchQuery::from_query(text)
        && let Ok(written) = query.to_query()
    {
        assert_eq!(WatchQuery::from_query(&written).unwrap().to_query(), Ok(written));
    }
}
