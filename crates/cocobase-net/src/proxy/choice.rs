//! Which proxy leads to a server, if any.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::Proxy;
use crate::destination::Destination;

/// Which proxies a client goes through.
///
/// ```
/// use cocobase_net::Proxies;
///
/// let by_the_environment = Proxies::environment();
/// let by_us = Proxies::all("http://me:secret@proxy.example:3128").except("intranet.example, 10.0.0.0/8");
/// assert!(!format!("{by_us:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct Proxies {
    source: Source,
    exceptions: String,
}

#[derive(Clone)]
enum Source {
    Environment,
    None,
    All(String),
}

impl Proxies {
    /// What the environment says when the client is built, as curl and reqwest read it; the default.
    ///
    /// | variable | for |
    /// |---|---|
    /// | `HTTPS_PROXY`, `https_proxy` | `wss` and `https` |
    /// | `HTTP_PROXY`, `http_proxy` | `ws` and `http`; not where `REQUEST_METHOD` is set, as there a visitor of a CGI program could have set it |
    /// | `ALL_PROXY`, `all_proxy` | what the others say nothing about |
    /// | `NO_PROXY`, `no_proxy` | servers to go to without a proxy, as [`except`](Self::except) has them |
    ///
    /// No proxy is asked for a way to this machine itself.
    #[must_use]
    pub const fn environment() -> Self {
        Self { source: Source::Environment, exceptions: String::new() }
    }

    /// No proxy, whatever the environment says.
    #[must_use]
    pub const fn none() -> Self {
        Self { source: Source::None, exceptions: String::new() }
    }

    /// This proxy for every server, whatever the environment says: `SCHEME://NAME:PASSWORD@HOST:PORT`, as
    /// [`Proxy::parse`] has it. What is wrong with it shows when the client is built.
    #[must_use]
    pub fn all(proxy: impl Into<String>) -> Self {
        Self { source: Source::All(proxy.into()), exceptions: String::new() }
    }

    /// No proxy for these servers, separated by commas: a domain, with all that is within it
    /// (`example.com`, `.example.com`); an IP address; a range of them (`10.0.0.0/8`); `*` for all.
    #[must_use]
    pub fn except(mut self, servers: &str) -> Self {
        self.exceptions.push(',');
        self.exceptions.push_str(servers);
        self
    }

    /// Reads what this says.
    ///
    /// # Errors
    ///
    /// When the address of a proxy cannot be used; in words for the user.
    pub fn rules(&self) -> Result<Rules, String> {
        let variable = |name: &str| std::env::var(name).ok();
        match &self.source {
            Source::None => Ok(Rules::default()),
            Source::All(proxy) => {
                let proxy = Some(Proxy::parse(proxy)?);
                Ok(Rules {
                    http: proxy.clone(),
                    https: proxy,
                    exceptions: exceptions(&self.exceptions),
                    is_loopback_direct: false,
                })
            }
            Source::Environment => {
                let mut rules = Rules::from_variables(variable)?;
                rules.exceptions.extend(exceptions(&self.exceptions));
                Ok(rules)
            }
        }
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.source {
            Source::Environment => "Proxies::environment()",
            Source::None => "Proxies::none()",
            Source::All(_) => "Proxies::all(…)",
        })
    }
}

/// [`Proxies`], as they have been read.
///
/// ```
/// use cocobase_net::{Destination, Proxies};
///
/// let rules = Proxies::all("proxy.example").except("intranet.example").rules()?;
/// let to = |url| Destination::parse(url);
/// assert_eq!(rules.proxy(&to("wss://db.example")?).unwrap().host(), "proxy.example");
/// assert!(rules.proxy(&to("wss://wiki.intranet.example")?).is_none());
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Default)]
pub struct Rules {
    http: Option<Proxy>,
    https: Option<Proxy>,
    exceptions: Vec<Exception>,
    is_loopback_direct: bool,
}

#[derive(Debug)]
enum Exception {
    Everything,
    Within(IpNet),
    Domain(String),
}

impl Rules {
    /// The proxy to ask for the way to a server.
    #[must_use]
    pub fn proxy(&self, to: &Destination) -> Option<&Proxy> {
        let proxy = if to.is_secure() { &self.https } else { &self.http }.as_ref()?;
        let is_direct = (self.is_loopback_direct && is_loopback(to.host()))
            || self.exceptions.iter().any(|exception| exception.is_about(to.host()));
        if is_direct { None } else { Some(proxy) }
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let first = |names: [&str; 2]| {
            let set = names.into_iter().find_map(|name| Some((name.to_owned(), variable(name)?)));
            set.filter(|(_, value)| !value.is_empty())
        };
        let proxy = |names| match first(names) {
            Some((name, value)) => {
                Proxy::parse(&value).map(Some).map_err(|error| format!("{name}: {error}"))
            }
            None => Ok(None),
        };
        let all = proxy(["ALL_PROXY", "all_proxy"])?;
        let is_cgi = variable("REQUEST_METHOD").is_some();
        let http = if is_cgi { None } else { proxy(["HTTP_PROXY", "http_proxy"])? };
        let exceptions = first(["NO_PROXY", "no_proxy"]).map(|(_, value)| exceptions(&value));
        Ok(Self {
            http: http.or_else(|| all.clone()),
            https: proxy(["HTTPS_PROXY", "https_proxy"])?.or(all),
            exceptions: exceptions.unwrap_or_default(),
            is_loopback_direct: true,
        })
    }
}

fn exceptions(list: &str) -> Vec<Exception> {
    let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let exceptions = entries.map(|entry| match entry.parse::<IpNet>() {
        _ if entry == "*" => Exception::Everything,
        Ok(range) => Exception::Within(range),
        Err(_) => match entry.parse::<IpAddr>() {
            Ok(address) => Exception::Within(address.into()),
            Err(_) => Exception::Domain(entry.trim_start_matches('.').to_ascii_lowercase()),
        },
    });
    exceptions.collect()
}

impl Exception {
    fn is_about(&self, host: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Within(range) => {
                host.parse::<IpAddr>().is_ok_and(|address| range.contains(&address))
            }
            Self::Domain(domain) => {
                let host = host.to_ascii_lowercase();
                let outer = host.strip_suffix(domain.as_str());
                outer.is_some_and(|outer| outer.is_empty() || outer.ends_with('.'))
            }
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Variables<'a> = &'a [(&'a str, &'a str)];

    /// Which proxy the variables lead to, by host.
    fn by(variables: Variables<'_>, url: &str) -> Result<String, String> {
        let set = |name: &str| {
            let found = variables.iter().find(|(set, _)| *set == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let rules = Rules::from_variables(set)?;
        let proxy = rules.proxy(&Destination::parse(url).unwrap());
        Ok(proxy.map(|proxy| proxy.host().to_owned()).unwrap_or_default())
    }

    #[test]
    fn variables_are_read_as_elsewhere() {
        let both = [("HTTPS_PROXY", "s"), ("http_proxy", "http://h:1")];
        let table: [(Variables<'_>, &str, &str); 11] = [
            (&[], "wss://a.example", ""),
            (&both, "wss://a.example", "s"),
            (&both, "https://a.example", "s"),
            (&both, "ws://a.example", "h"),
            (&both, "http://localhost", ""),
            (&both, "wss://[::1]", ""),
            (&both, "wss://127.8.8.8", ""),
            (&[("ALL_PROXY", "a"), ("HTTPS_PROXY", "s")], "ws://a.example", "a"),
            (&[("ALL_PROXY", "a"), ("HTTPS_PROXY", "")], "wss://a.example", "a"),
            (&[("HTTP_PROXY", "h"), ("REQUEST_METHOD", "GET")], "ws://a.example", ""),
            (&[("HTTPS_PROXY", "upper"), ("https_proxy", "lower")], "wss://a.example", "upper"),
        ];
        for (variables, url, host) in table {
            assert_eq!(by(variables, url).unwrap(), host, "{variables:?} {url}");
        }
        let error = by(&[("ALL_PROXY", "socks4://me:secret@p")], "ws://a.example").unwrap_err();
        assert!(error.starts_with("ALL_PROXY: ") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn exceptions_go_without() {
        let table = [
            ("example.com", "example.com", true),
            ("example.com", "a.b.EXAMPLE.com", true),
            (".example.com", "example.com", true),
            ("example.com", "notexample.com", false),
            ("example.com", "example.com.evil", false),
            ("b.example , a.example", "a.example", true),
            ("10.0.0.0/8", "10.2.3.4", true),
            ("10.0.0.0/8", "11.2.3.4", false),
            ("10.0.0.0/8", "ten.example", false),
            ("192.168.1.1", "192.168.1.1", true),
            ("192.168.1.1", "192.168.1.10", false),
            ("fe80::/10", "[fe80::1]", true),
            ("*", "anything.example", true),
            ("", "a.example", false),
            (",, ,", "a.example", false),
        ];
        for (list, host, is_direct) in table {
            let by_variable =
                by(&[("ALL_PROXY", "p"), ("NO_PROXY", list)], &format!("ws://{host}"));
            assert_eq!(by_variable.unwrap().is_empty(), is_direct, "{list} {host}");
            let rules = Proxies::all("p").except(list).rules().unwrap();
            let to = Destination::parse(&format!("wss://{host}")).unwrap();
            assert_eq!(rules.proxy(&to).is_none(), is_direct, "{list} {host}");
        }
    }

    #[test]
    fn a_proxy_that_was_named_leads_to_this_machine_too() {
        let to = Destination::parse("ws://localhost:1").unwrap();
        assert!(Proxies::all("p").rules().unwrap().proxy(&to).is_some());
        assert!(Proxies::none().rules().unwrap().proxy(&to).is_none());
    }
}
