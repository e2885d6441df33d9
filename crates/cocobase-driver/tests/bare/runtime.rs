//! The runtime: one thread, and a clock that moves when nothing else does.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use cocobase_driver::{
    BoxFuture, EventStream, HttpAnswer, HttpRequest, Link, Runtime, Timer, WebSockets,
};
use cocobase_proto::{CloseCause, Input, Instant, Text};
// Its channels need no runtime.
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel as unbounded};

/// What a test and the runtimes in it share.
#[derive(Clone)]
pub(crate) struct World(Arc<Mutex<Inner>>);

struct Inner {
    now: Instant,
    deadlines: Vec<(Instant, Waker)>,
    tasks: VecDeque<BoxFuture<()>>,
    refuses_tasks: bool,
    accepting: UnboundedReceiver<Server>,
    connecting: UnboundedSender<Server>,
}

thread_local! {
    /// `Runtime::new` takes no arguments: this is where it finds its world.
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

impl World {
    pub(crate) fn new() -> Self {
        let (connecting, accepting) = unbounded();
        Self(Arc::new(Mutex::new(Inner {
            now: Instant::from_nanos(0),
            deadlines: Vec::new(),
            tasks: VecDeque::new(),
            refuses_tasks: false,
            accepting,
            connecting,
        })))
    }

    /// Makes it the one that clients of this thread live in.
    pub(crate) fn enter(&self) {
        WORLD.with_borrow_mut(|world| *world = Some(self.clone()));
    }

    pub(crate) fn now(&self) -> Instant {
        self.0.lock().unwrap().now
    }

    pub(crate) fn tasks(&self) -> usize {
        self.0.lock().unwrap().tasks.len()
    }

    pub(crate) fn refuse_tasks(&self) {
        self.0.lock().unwrap().refuses_tasks = true;
    }

    /// The next client that connects.
    pub(crate) async fn accept(&self) -> Server {
        std::future::poll_fn(|cx| self.0.lock().unwrap().accepting.poll_recv(cx)).await.unwrap()
    }

    /// Moves the clock to the next deadline.
    fn pass_time(&self) {
        let mut inner = self.0.lock().unwrap();
        let Some(next) = inner.deadlines.iter().map(|(at, _)| *at).min() else {
            panic!("nothing is left that could happen");
        };
        inner.now = inner.now.max(next);
        let now = inner.now;
        let (due, rest) = inner.deadlines.drain(..).partition(|(at, _)| *at <= now);
        inner.deadlines = rest;
        drop(inner);
        let due: Vec<(Instant, Waker)> = due;
        due.into_iter().for_each(|(_, waker)| waker.wake());
    }
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a future and the tasks of the world until the future is done.
pub(crate) fn run<T>(world: &World, future: impl Future<Output = T>) -> T {
    let flag = Arc::new(Flag::default());
    let waker = Waker::from(Arc::clone(&flag));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    let mut polls = 0;
    loop {
        polls += 1;
        assert!(polls < 10_000, "it runs in circles");
        flag.0.store(false, Ordering::Relaxed);
        let output = future.as_mut().poll(&mut context);
        for _ in 0..world.tasks() {
            let mut task = world.0.lock().unwrap().tasks.pop_front().unwrap();
            if task.as_mut().poll(&mut context).is_pending() {
                world.0.lock().unwrap().tasks.push_back(task);
            }
        }
        match output {
            Poll::Ready(output) => return output,
            Poll::Pending if flag.0.load(Ordering::Relaxed) => {}
            Poll::Pending => world.pass_time(),
        }
    }
}

/// The server's end of a link.
pub(crate) struct Server {
    say: UnboundedSender<Input>,
    hear: UnboundedReceiver<Text>,
}

impl Server {
    pub(crate) async fn hear(&mut self) -> String {
        self.hear.recv().await.expect("the client is gone").to_string()
    }

    pub(crate) fn say(&self, text: &str) {
        self.say.send(Input::Text(text.into())).unwrap();
    }

    pub(crate) fn end(&self, cause: CloseCause) {
        self.say.send(Input::Closed(cause)).unwrap();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.say.is_closed()
    }

    pub(crate) async fn closed(&mut self) {
        while self.hear.recv().await.is_some() {}
    }
}

/// The client's end of a link.
pub(crate) struct Client {
    hear: UnboundedReceiver<Input>,
    say: UnboundedSender<Text>,
}

impl Link for Client {
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        let end = || Input::Closed(CloseCause::Closed { code: None, reason: Text::default() });
        self.hear.poll_recv(cx).map(|input| input.unwrap_or_else(end))
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(&mut self, text: Text) -> Result<(), CloseCause> {
        // A server that is gone shows when it is listened to.
        let _ = self.say.send(text);
        Ok(())
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

pub(crate) struct Bare(World);

pub(crate) struct Alarm(World);

/// There are none in this world.
pub(crate) enum NoStream {}

impl EventStream for NoStream {
    fn poll_input(&mut self, _: &mut Context<'_>) -> Poll<Input> {
        match *self {}
    }
}

impl WebSockets for Bare {}

impl Runtime for Bare {
    type Link = Client;
    type EventStream = NoStream;
    type Timer = Alarm;
    type Connections = ();

    fn new((): ()) -> Result<Self, String> {
        WORLD.with_borrow(Option::clone).map(Self).ok_or_else(|| "no world".into())
    }

    fn connect(&self, _: String) -> BoxFuture<Result<Client, Input>> {
        let ((say, hear), (client_say, client_hear)) = (unbounded(), unbounded());
        let server = Server { say, hear: client_hear };
        self.0.0.lock().unwrap().connecting.send(server).unwrap();
        Box::pin(async { Ok(Client { hear, say: client_say }) })
    }

    fn open_stream(
        &self,
        _: String,
        _: Vec<(&'static str, String)>,
    ) -> BoxFuture<Result<NoStream, Input>> {
        Box::pin(async { Err(Input::Closed(CloseCause::Connect("no streams".into()))) })
    }

    fn send(&self, _: HttpRequest) -> BoxFuture<Result<HttpAnswer, String>> {
        Box::pin(async { Err("no HTTP".into()) })
    }

    fn spawn(&self, task: BoxFuture<()>) -> Result<(), String> {
        let mut inner = self.0.0.lock().unwrap();
        if inner.refuses_tasks {
            // The lock must be free when the task is dropped.
            drop(inner);
            return Err("no tasks".into());
        }
        inner.tasks.push_back(task);
        Ok(())
    }

    fn timer(&self) -> Alarm {
        Alarm(self.0.clone())
    }

    fn now(&self) -> Instant {
        self.0.now()
    }

    fn seed(&self) -> u64 {
        7
    }
}

impl Timer for Alarm {
    fn poll_until(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.0.0.lock().unwrap();
        if deadline <= inner.now {
            return Poll::Ready(());
        }
        inner.deadlines.push((deadline, cx.waker().clone()));
        Poll::Pending
    }
}
