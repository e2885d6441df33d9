//! ureq on our connections.

use std::future::{Future, poll_fn};
use std::io;
use std::sync::Arc;
use std::time::Instant;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Agent, Error};

use crate::offload;
use crate::socket::{Socket, ready};
use crate::stream::{self, Network, Stream};

/// ureq, with connections that are made the way of all others: so they are given up when the thread's
/// work is no longer [wanted](crate::offload), and a body that is read by a thread that is not
/// [alone](crate::wait_alone) gives [`io::ErrorKind::WouldBlock`] where others block.
///
/// ```
/// use std::sync::Arc;
/// use cocobase_threads::{Connections, agent};
///
/// let network = Arc::new(Connections::new().open()?);
/// let agent = agent(network, ureq::Agent::config_builder().proxy(None).build());
/// # drop(agent);
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn agent(network: Arc<Network>, config: Config) -> Agent {
    Agent::with_parts(config, Dialer(network), NoResolver)
}

#[derive(Debug)]
struct Dialer(Arc<Network>);

/// Whom to connect to is the network's to say.
#[derive(Debug)]
struct NoResolver;

#[derive(Debug)]
struct Connection {
    stream: Stream,
    socket: Socket,
    buffers: LazyBuffers,
    is_tls: bool,
}

impl Resolver for NoResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
    }
}

impl Connector for Dialer {
    type Out = Connection;

    fn connect(&self, to: &ConnectionDetails, _: Option<()>) -> Result<Option<Connection>, Error> {
        let url = to.uri.to_string();
        let (stream, socket) = patiently(stream::connect_by(&self.0, &url), to.timeout)?;
        let (input, output) = (to.config.input_buffer_size(), to.config.output_buffer_size());
        let buffers = LazyBuffers::new(input, output);
        Ok(Some(Connection { stream, socket, buffers, is_tls: to.needs_tls() }))
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        patiently(stream::write_all(&mut self.stream, output), timeout.for_write())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let input = self.buffers.input_append_buf();
        let read = poll_fn(|_| ready(self.stream.read(input)));
        let amount = patiently(read, timeout.for_read())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.socket.is_idle()
    }

    fn is_tls(&self) -> bool {
        self.is_tls
    }
}

fn patiently<T>(
    step: impl Future<Output = io::Result<T>>,
    timeout: NextTimeout,
) -> Result<T, Error> {
    let until = timeout.not_zero().and_then(|after| Instant::now().checked_add(*after));
    offload::patiently(step, until).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => Error::Timeout(timeout.reason),
        _ => error.into(),
    })
}
