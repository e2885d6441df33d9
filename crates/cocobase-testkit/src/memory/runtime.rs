//! A world as a [`Runtime`] of `cocobase-driver`.

use std::sync::MutexGuard;
use std::task::{Context, Poll};

use cocobase_driver::{BoxFuture, Headers, HttpAnswer, HttpRequest, Runtime};
use cocobase_hub::PeerInput;
use cocobase_proto::{CloseCause, Input, Instant, Text};

use super::World;
use super::state::{LineId, State, entrance};

/// Links, timers and tasks of a [`World`].
#[derive(Debug)]
pub struct Memory {
    world: World,
}

impl cocobase_driver::WebSockets for Memory {}

impl Runtime for Memory {
    type Link = Link;
    type EventStream = Link;
    type Timer = Timer;
    type Connections = World;

    fn new(world: World) -> Result<Self, String> {
        Ok(Self { world })
    }

    fn connect(&self, url: String) -> BoxFuture<Result<Link, Input>> {
        self.open(&url, &[])
    }

    fn open_stream(&self, url: String, headers: Headers) -> BoxFuture<Result<Link, Input>> {
        self.open(&url, &headers)
    }

    fn send(&self, _: HttpRequest) -> BoxFuture<Result<HttpAnswer, String>> {
        let why = "a world in memory answers no HTTP requests: use `World::create` and the like";
        Box::pin(std::future::ready(Err(why.to_owned())))
    }

    fn spawn(&self, task: BoxFuture<()>) -> Result<(), String> {
        self.world.spawn(task);
        Ok(())
    }

    fn timer(&self) -> Timer {
        Timer::new(&self.world)
    }

    fn now(&self) -> Instant {
        self.world.now()
    }

    fn seed(&self) -> u64 {
        self.world.state().number()
    }
}

impl Memory {
    /// A network takes a moment, but the future that is waited for may be dropped: so nothing is
    /// opened before it is polled.
    fn open(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
    ) -> BoxFuture<Result<Link, Input>> {
        let (world, entrance) = (self.world.clone(), entrance(url, headers));
        Box::pin(async move {
            let Some(entrance) = entrance else {
                let body = Text::from_static("there is nothing here");
                return Err(Input::Refused { status: 404, retry_after: None, body });
            };
            let id = world.state().open(entrance)?;
            Ok(Link { world, id })
        })
    }
}

/// A WebSocket or an event stream to the server of a [`World`].
#[derive(Debug)]
pub struct Link {
    world: World,
    id: LineId,
}

impl Link {
    fn poll(&self, cx: &Context<'_>) -> Poll<Input> {
        let mut state = self.world.state();
        let Some(line) = state.lines.get_mut(&self.id) else {
            return Poll::Ready(Input::Closed(CloseCause::Io("the link is over".into())));
        };
        match line.inbox.pop_front() {
            Some(input) => Poll::Ready(input),
            None => {
                line.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl cocobase_driver::Link for Link {
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        self.poll(cx)
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(&mut self, text: Text) -> Result<(), CloseCause> {
        self.world.state().hear(self.id, PeerInput::Text(&text));
        Ok(())
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<()> {
        self.world.state().leave(self.id);
        Poll::Ready(())
    }
}

impl cocobase_driver::EventStream for Link {
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        self.poll(cx)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.world.state().leave(self.id);
    }
}

/// A timer on the clock of a [`World`].
#[derive(Debug)]
pub struct Timer {
    world: World,
    set: Option<(Instant, u64)>,
}

impl Timer {
    pub(super) fn new(world: &World) -> Self {
        Self { world: world.clone(), set: None }
    }

    fn unset(&mut self, state: &mut MutexGuard<'_, State>) {
        if let Some(key) = self.set.take() {
            state.timers.remove(&key);
        }
    }
}

impl cocobase_driver::Timer for Timer {
    fn poll_until(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let world = self.world.clone();
        let mut state = world.state();
        self.unset(&mut state);
        if state.now >= deadline {
            return Poll::Ready(());
        }
        let key = (deadline, state.number());
        state.timers.insert(key, cx.waker().clone());
        self.set = Some(key);
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        let world = self.world.clone();
        self.unset(&mut world.state());
    }
}
