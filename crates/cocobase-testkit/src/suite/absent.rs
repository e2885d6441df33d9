//! What stands where the real server and the ways to it would, in a test kit without the feature
//! `server`.

use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;

use super::stage::{Failure, Outcome};

fn lacking<T>() -> Outcome<T> {
    Err(Failure::Lacking("the test kit was built without `server`".to_owned()))
}

pub(crate) enum RealServer {}

impl RealServer {
    pub(crate) fn start(_: &str) -> Outcome<Self> {
        lacking()
    }

    pub(crate) fn start_secured(_: &str, _: &Certified) -> Outcome<Self> {
        lacking()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        match *self {}
    }

    pub(crate) fn kill(&mut self) {
        match *self {}
    }

    pub(crate) fn stop(&mut self) {
        match *self {}
    }

    pub(crate) fn restart(&mut self) -> Outcome {
        match *self {}
    }

    pub(crate) fn restart_empty(&mut self) -> Outcome {
        match *self {}
    }
}

#[derive(Clone)]
pub(crate) enum Secure {}

impl Secure {
    pub(crate) fn new(certified: &Certified) -> Outcome<Self> {
        match *certified {}
    }

    pub(crate) fn over(&self, _: TcpStream) -> Outcome<TcpStream> {
        match *self {}
    }
}

pub(crate) enum Certified {}

impl Certified {
    pub(crate) fn new() -> Outcome<Self> {
        lacking()
    }

    pub(crate) fn certificate(&self) -> String {
        match *self {}
    }

    pub(crate) fn key(&self) -> String {
        match *self {}
    }
}

pub(crate) enum Ways {}

impl Ways {
    pub(crate) fn start() -> Outcome<Self> {
        lacking()
    }

    pub(crate) fn certified(&self) -> &Certified {
        match *self {}
    }

    pub(crate) fn proxy(&self, _: &str) -> Outcome<ForwardProxy> {
        match *self {}
    }

    pub(crate) fn tls(&self, _: SocketAddr, _: Option<&Certified>) -> Outcome<SocketAddr> {
        match *self {}
    }

    pub(crate) fn unix(&self, _: SocketAddr) -> Outcome<PathBuf> {
        match *self {}
    }
}

pub(crate) enum ForwardProxy {}

impl ForwardProxy {
    pub(crate) fn address(&self) -> SocketAddr {
        match *self {}
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        match *self {}
    }
}
