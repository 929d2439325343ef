//! What the assistant of the first start asks.

use super::*;

#[tokio::test]
async fn domains_come_page_by_page() {
    let page = |name: &str, next: &str| {
        answer(200, &format!(r#"{{"domainInfos":[{{"name":"{name}","status":"REGISTERED"}}]{next}}}"#))
    };
    let server = Scripted::start([page("billing", r#","nextPageToken":"t1""#), page("ops", "")]).await;
    let domains = server.service().await.domains(LIMIT).await.unwrap();
    assert_eq!(domains, ["billing".into(), "ops".into()] as [Foreign; 2]);
    let requests = server.requests.lock().unwrap();
    assert!(requests[1].contains(r#""nextPageToken":"t1""#), "{}", requests[1]);
}

#[tokio::test]
async fn task_lists_are_those_of_the_types_the_newest_first() {
    let info = |name: &str, at: u32| {
        format!(r#"{{"activityType":{{"name":"{name}","version":"1"}},"status":"REGISTERED","creationDate":{at}}}"#)
    };
    let types = format!(r#"{{"typeInfos":[{},{},{}]}}"#, info("A", 1), info("B", 3), info("C", 2));
    let described = |list: &str| answer(200, &format!(r#"{{"typeInfo":{},"configuration":{{{list}}}}}"#, info("X", 1)));
    let list = |name: &str| format!(r#""defaultTaskList":{{"name":"{name}"}}"#);
    let steps = [answer(200, &types), described(&list("manual")), described(""), described(&list("manual"))];
    let server = Scripted::start(steps).await;
    let lists = server.service().await.task_lists(&"ops".into(), LIMIT).await.unwrap();
    let names: Vec<_> = lists
        .iter()
        .map(|list| (list.name.raw(), list.types.iter().map(|it| it.name.raw()).collect::<Vec<_>>()))
        .collect();
    assert_eq!(names, [("manual", vec!["B", "A"])]);
}

#[tokio::test]
async fn says_why_they_cannot_be_listed() {
    let denied =
        answer(400, r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"not authorized"}"#);
    let failure = Scripted::start([denied]).await.service().await.domains(LIMIT).await.unwrap_err();
    assert_eq!((failure.class, failure.message.raw()), (Class::Denied, "not authorized"));
}
