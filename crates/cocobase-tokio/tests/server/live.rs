//! Live views.

use cocobase_server::log::Data;
use cocobase_tokio::{Collection, Document, Filter, ListQuery, Live, LiveEvent, Order};
use serde_json::json;

use crate::support::{KEY, Quake, Running, soon};

fn ids<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Vec<String> {
    documents.into_iter().map(|document| document.id().unwrap().to_string()).collect()
}

async fn listed(quakes: &Collection, query: &ListQuery) -> Vec<String> {
    ids(&quakes.list(query).await.unwrap())
}

fn strong(limit: u64) -> ListQuery {
    ListQuery {
        filter: Filter::new().gte("mag", 4),
        sort: Some("mag".into()),
        limit: Some(limit),
        ..ListQuery::default()
    }
}

fn view(quakes: &Collection, limit: u64) -> Collection {
    let quakes = quakes.clone().filter(Filter::new().gte("mag", 4));
    quakes.sort("mag", Order::Descending).limit(limit)
}

/// Follows the view until it shows these documents, and says what it told on the way. The list that
/// follows what is told is always the view's.
async fn until(live: &mut Live<Quake>, wanted: &[String]) -> Vec<&'static str> {
    let mut mirror = ids(live.documents());
    let mut told = Vec::new();
    while mirror != wanted || !live.is_current() {
        match soon(live.next()).await.expect("the view goes on") {
            LiveEvent::Entered { row, at } => {
                mirror.insert(at, row.document.id().unwrap().to_string());
                assert!(row.value.unwrap().mag >= 4.0);
                told.push("entered");
            }
            LiveEvent::Changed { row, from, to, .. } => {
                assert_eq!(mirror.remove(from), row.document.id().unwrap().as_str());
                mirror.insert(to, row.document.id().unwrap().to_string());
                told.push("changed");
            }
            LiveEvent::Left { from, .. } => {
                mirror.remove(from);
                told.push("left");
            }
            _ => {}
        }
    }
    assert_eq!(ids(live.documents()), wanted);
    told
}

#[tokio::test]
async fn a_view_is_the_list_that_the_server_would_give() {
    let server = Running::in_memory().await;
    let quakes = server.client().collection("quakes");
    let mut documents = Vec::new();
    for mag in [4.5, 1.0, 6.0, 5.0] {
        let document = quakes.create(&json!({"mag": mag})).await.unwrap();
        documents.push(document.id().unwrap());
    }
    let mut live = soon(view(&quakes, 2).live::<Quake>()).await.unwrap();
    let mags: Vec<f64> = live.values().map(|quake| quake.unwrap().mag).collect();
    assert_eq!(mags, [6.0, 5.0]);

    quakes.update(&documents[1], &json!({"mag": 7.0})).await.unwrap();
    let wanted = listed(&quakes, &strong(2)).await;
    assert_eq!(until(&mut live, &wanted).await, ["left", "entered"]);

    quakes.delete(&documents[2]).await.unwrap();
    let wanted = listed(&quakes, &strong(2)).await;
    assert_eq!(until(&mut live, &wanted).await, ["left", "entered"]);
    soon(live.close()).await;
    server.stop().await;
}

#[tokio::test]
async fn a_view_makes_good_what_it_missed() {
    let folder = tempfile::tempdir().unwrap();
    let data = || Data::Folder(folder.path().into());
    let server = Running::start(([127, 0, 0, 1], 0).into(), data(), KEY).await;
    let (address, quakes) = (server.address, server.client().collection("quakes"));
    let first = quakes.create(&json!({"mag": 4.5})).await.unwrap().id().unwrap();
    let mut live = soon(view(&quakes, 10).live::<Quake>()).await.unwrap().spawn().unwrap();
    server.stop().await;

    let server = Running::start(address, data(), KEY).await;
    quakes.delete(&first).await.unwrap();
    for mag in [5.0, 2.0, 6.0] {
        quakes.create(&json!({"mag": mag})).await.unwrap();
    }
    let wanted = listed(&quakes, &strong(10)).await;
    assert_eq!(wanted.len(), 2);
    until(&mut live, &wanted).await;
    assert_eq!(live.statistics().reconnects, 1);
    server.stop().await;
}

#[tokio::test]
async fn a_large_view_is_read_page_by_page_under_writes() {
    const COUNT: usize = 1500;
    let server = Running::in_memory().await;
    let quakes = server.client().collection("quakes");
    for part in 0..COUNT / 100 {
        let many: Vec<_> = (0..100).map(|n| json!({"mag": 4 + (part * 100 + n) % 5})).collect();
        quakes.create_many(&many, None).await.unwrap();
    }
    let writer = {
        let quakes = quakes.clone();
        tokio::spawn(async move {
            for n in 0..50 {
                quakes.create(&json!({"mag": 4 + n % 3})).await.unwrap();
            }
        })
    };
    let mut live = soon(view(&quakes, 5000).live::<Quake>()).await.unwrap();
    soon(writer).await.unwrap();
    let mut wanted = Vec::new();
    loop {
        let query = ListQuery { offset: wanted.len() as u64, ..strong(1000) };
        let page = listed(&quakes, &query).await;
        if page.is_empty() {
            break;
        }
        wanted.extend(page);
    }
    assert_eq!(wanted.len(), COUNT + 50);
    until(&mut live, &wanted).await;
    server.stop().await;
}
