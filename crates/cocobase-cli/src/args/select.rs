//! Which documents: `--filter` and `--where`, the same for every command.

use clap::Args;
use cocobase_proto::filter::Filter;

use crate::exit::{Exit, Failure};

/// Which documents.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Which documents")]
pub(crate) struct Select {
    /// A condition as the wire has it: a field, perhaps an operator (_ne _gt _gte _lt _lte
    /// _contains _startswith _endswith _in _notin _isnull), and a value. May be repeated; all
    /// must hold. `[or]` before a field makes alternatives
    #[arg(long = "filter", value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) filters: Vec<(String, String)>,
    /// A condition in words: `mag >= 4.5 and (place contains "Alaska" or tsunami = true)`
    #[arg(long = "where", value_name = "EXPR")]
    pub(crate) condition: Option<String>,
}

impl Select {
    /// The filter that all of it makes.
    pub(crate) fn filter(&self) -> Result<Filter, Failure> {
        let pairs = self.filters.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let filter = Filter::from_pairs(pairs).map_err(|error| {
            Failure::new(Exit::Usage, format_args!("--filter: {error}"))
                .next("write it as KEY=VALUE, for instance --filter mag_gte=4.5")
        })?;
        let Some(condition) = &self.condition else { return Ok(filter) };
        let condition = Filter::parse_where(condition).map_err(|error| {
            Failure::new(Exit::Usage, format_args!("--where: {error}")).next(
                "write it like 'mag >= 4.5 and (place contains \"Alaska\" or tsunami = true)'",
            )
        })?;
        Ok(filter.and(condition))
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().into(), value.into())),
        _ => Err("expected KEY=VALUE, for instance mag_gte=4.5".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_split_at_the_first_equals_sign() {
        assert_eq!(pair("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert_eq!(pair("a="), Ok(("a".into(), String::new())));
        assert!(pair("a").is_err());
        assert!(pair("=b").is_err());
    }
}
