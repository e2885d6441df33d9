//! Ways to the real server: TLS, proxies that are asked for the way, other sockets.

#[cfg(not(feature = "server"))]
use crate::suite::absent::{Certified, Ways};
use crate::suite::adapter::{Entry, Question, Wish};
use crate::suite::cases::proxy::cut_anywhere;
use crate::suite::cases::server::{follow, survives_kills};
use crate::suite::network::Network;
use crate::suite::stage::{
    Outcome, Stage, hold, posts, room, same, stream_of_posts, view_of_posts,
};
use crate::suite::told::Kind;
use crate::suite::world::{World, id};
#[cfg(feature = "server")]
use crate::ways::{Certified, Ways};

/// Documents and both ways to watch work at this address, though the line is cut in their midst.
fn works_at(stage: &Stage<'_>, world: &World, url: &str) -> Outcome {
    for wish in [posts(), stream_of_posts()] {
        let mut watch = stage.open(url.to_owned(), wish)?;
        watch.ready()?;
        let first = id(&stage.ask(url, create())??);
        watch.expect(Kind::Connected)?;
        let told = watch.expect(Kind::Created)?;
        same!(told.id, Some(first));
        world.proxy.cut();
        let second = world.create(2)?;
        same!(follow(&mut watch, told.seq.unwrap_or_default() + 1, 1)?, [second]);
        same!(watch.seen().gaps, 0);
    }
    Ok(())
}

fn create() -> Question {
    Question::Create("posts".into(), r#"{"n":1}"#.into())
}

/// Nothing works at this address; watches try again. Says why.
fn fails_at(stage: &Stage<'_>, url: &str) -> Outcome<Vec<String>> {
    let Err(why) = stage.ask(url, create())? else {
        return Err("a document was created".to_owned().into());
    };
    let mut words = vec![why];
    for wish in [posts(), stream_of_posts()] {
        let mut watch = stage.open(url.to_owned(), wish)?;
        for _ in 0..2 {
            words.push(watch.expect(Kind::Disconnected)?.words);
        }
        stage.close(&*watch.handle())?;
    }
    Ok(words)
}

fn believing(certified: &Certified) -> Network {
    Network { root: Some(certified.certificate()), ..Network::default() }
}

/// A server that speaks TLS, which the subjects to come believe.
fn secured(stage: &mut Stage<'_>) -> Outcome<World> {
    let certified = Certified::new()?;
    stage.network = believing(&certified);
    World::start_secured(&certified)
}

pub(crate) fn a_server_is_believed_by_its_certificate(stage: &mut Stage<'_>) -> Outcome {
    let world = secured(stage)?;
    works_at(stage, &world, &world.url())?;
    works_at(stage, &world, &world.url().replacen("https", "wss", 1))
}

pub(crate) fn a_server_that_is_not_believed_is_tried_again(stage: &mut Stage<'_>) -> Outcome {
    let world = secured(stage)?;
    for network in [Network::default(), believing(&Certified::new()?)] {
        stage.network = network;
        for words in fails_at(stage, &world.url())? {
            hold!(words.contains("certificate"), "{words}");
        }
    }
    // Its name is not in its certificate.
    let url = world.url().replacen("localhost", "127.0.0.1", 1);
    for words in fails_at(stage, &url)? {
        hold!(words.contains("certificate"), "{words}");
    }
    Ok(())
}

pub(crate) fn a_server_without_tls_is_not_spoken_to(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    fails_at(stage, &world.url().replacen("http", "https", 1)).map(drop)
}

pub(crate) fn a_client_shows_its_certificate(stage: &mut Stage<'_>) -> Outcome {
    let (world, ways) = (World::start()?, Ways::start()?);
    let (me, stranger) = (Certified::new()?, Certified::new()?);
    let address = ways.tls(world.proxy.address(), Some(&me))?;
    let url = format!("https://localhost:{}", address.port());
    let showing = |certified: &Certified| Network {
        identity: Some((certified.certificate(), certified.key())),
        ..believing(ways.certified())
    };
    stage.network = showing(&me);
    works_at(stage, &world, &url)?;
    for network in [believing(ways.certified()), showing(&stranger)] {
        stage.network = network;
        fails_at(stage, &url)?;
    }
    Ok(())
}

pub(crate) fn a_server_with_tls_is_outlived(stage: &mut Stage<'_>) -> Outcome {
    let world = secured(stage)?;
    survives_kills(stage, world, posts())?;
    let world = secured(stage)?;
    survives_kills(stage, world, stream_of_posts())
}

pub(crate) fn tls_that_is_cut_anywhere_loses_nothing(stage: &mut Stage<'_>) -> Outcome {
    for wish in [posts(), stream_of_posts()] {
        let world = secured(stage)?;
        cut_anywhere(stage, &world, wish, &[1, 50, 200, 700, 1200, 1500, 1700])?;
    }
    Ok(())
}

/// A proxy of this scheme leads to a server, with a name that only the proxy knows.
fn leads(stage: &mut Stage<'_>, scheme: &str, login: &str) -> Outcome {
    let (world, ways) = (World::start()?, Ways::start()?);
    let proxy = ways.proxy(login.trim_end_matches('@'))?;
    stage.network.proxy = Some(format!("{scheme}://{login}{}", proxy.address()));
    let server = format!("db.example:{}", world.proxy.address().port());
    works_at(stage, &world, &format!("http://{server}"))?;
    let asked = proxy.asked();
    hold!(asked.len() >= 4 && asked.iter().all(|to| *to == server), "{asked:?}");
    Ok(())
}

pub(crate) fn an_http_proxy_leads_to_the_server(stage: &mut Stage<'_>) -> Outcome {
    leads(stage, "http", "")?;
    leads(stage, "http", "me:pa%40ss@")
}

pub(crate) fn a_socks_proxy_leads_to_the_server(stage: &mut Stage<'_>) -> Outcome {
    leads(stage, "socks5", "")?;
    leads(stage, "socks5h", "me:pa%40ss@")
}

pub(crate) fn a_proxy_that_refuses_is_named_without_the_password(stage: &mut Stage<'_>) -> Outcome {
    let ways = Ways::start()?;
    for scheme in ["http", "socks5"] {
        let proxy = ways.proxy("me:secret")?;
        stage.network.proxy = Some(format!("{scheme}://me:wrong-word@{}", proxy.address()));
        for words in fails_at(stage, "http://db.example")? {
            hold!(words.contains(&format!("the proxy {}", proxy.address())), "{words}");
            hold!(!words.contains("wrong-word"), "{words}");
        }
        same!(proxy.asked().len(), 0);
    }
    Ok(())
}

pub(crate) fn tls_goes_through_proxies(stage: &mut Stage<'_>) -> Outcome {
    let ways = Ways::start()?;
    let proxy = ways.proxy("me:secret")?;
    let world = World::start_secured(ways.certified())?;
    // One that speaks TLS itself.
    let front = ways.tls(proxy.address(), None)?;
    for address in [
        format!("http://me:secret@{}", proxy.address()),
        format!("socks5://me:secret@{}", proxy.address()),
        format!("https://me:secret@localhost:{}", front.port()),
    ] {
        let before = proxy.asked().len();
        stage.network = Network { proxy: Some(address), ..believing(ways.certified()) };
        works_at(stage, &world, &world.url().replacen("localhost", "db.example", 1))?;
        hold!(proxy.asked().len() >= before + 4, "{:?}", proxy.asked());
    }
    Ok(())
}

pub(crate) fn who_is_excepted_is_reached_without_a_proxy(stage: &mut Stage<'_>) -> Outcome {
    let (world, ways) = (World::start()?, Ways::start()?);
    let proxy = ways.proxy("")?;
    stage.network.proxy = Some(proxy.address().to_string());
    for except in ["127.0.0.0/8", "example.com, 127.0.0.1", "*"] {
        except.clone_into(&mut stage.network.except);
        works_at(stage, &world, &world.url())?;
    }
    same!(proxy.asked().len(), 0);
    Ok(())
}

pub(crate) fn a_unix_socket_takes_the_place_of_tcp(stage: &mut Stage<'_>) -> Outcome {
    let (world, ways) = (World::start()?, Ways::start()?);
    let path = ways.unix(world.proxy.address())?;
    // No proxy is asked then.
    let proxy = Some("http://nowhere.example".to_owned());
    stage.network = Network { unix: Some(path), proxy, ..Network::default() };
    works_at(stage, &world, "http://nowhere.example")
}

pub(crate) fn every_surface_goes_through_a_proxy_and_tls(stage: &mut Stage<'_>) -> Outcome {
    let ways = Ways::start()?;
    let proxy = ways.proxy("")?;
    let world = World::start_secured(ways.certified())?;
    let proxy = Some(format!("socks5h://{}", proxy.address()));
    stage.network = Network { proxy, ..believing(ways.certified()) };
    let url = world.url().replacen("localhost", "db.example", 1);
    world.create(1)?;
    let wishes = [
        posts(),
        stream_of_posts(),
        view_of_posts(),
        Wish::Gateway,
        Wish::Broadcast,
        room(Entry::Create("General".into())),
    ];
    for wish in stage.offered(wishes, |wish| wish) {
        stage.open(url.clone(), wish)?.ready()?;
    }
    Ok(())
}

#[cfg(all(target_os = "linux", feature = "server"))]
pub(crate) fn bytes_leave_at_once_and_silence_is_probed(stage: &mut Stage<'_>) -> Outcome {
    use crate::peer::Scene;
    use crate::suite::messages::{CONNECTED, greeted};

    for (scene, wish) in [(greeted(CONNECTED), posts()), (Scene::events(), stream_of_posts())] {
        let peer = stage.peer([scene])?;
        let mut watch = stage.open(peer.url(), wish)?;
        watch.ready()?;
        let sockets = crate::ways::sockets_to(peer.address())?;
        hold!(!sockets.is_empty(), "its socket is not found");
        for socket in &sockets {
            let socket = socket2::SockRef::from(socket);
            hold!(socket.tcp_nodelay()?, "bytes wait for more of them (Nagle)");
            hold!(socket.keepalive()?, "nobody looks whether the other side is there");
        }
    }
    Ok(())
}

#[cfg(not(all(target_os = "linux", feature = "server")))]
pub(crate) fn bytes_leave_at_once_and_silence_is_probed(_: &mut Stage<'_>) -> Outcome {
    let why = "only Linux lets one look, and a test kit with `server`";
    Err(crate::suite::stage::Failure::Lacking(why.to_owned()))
}
