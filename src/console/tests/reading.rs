//! What the screen wants to read: the quota is spent here, the payload passes by.

use super::*;

fn history(page_token: Option<&str>) -> Query {
    let execution = task("rel-1").execution;
    Query::History { domain: "ops".into(), execution, page_size: 100, page_token: page_token.map(Into::into) }
}

impl World {
    fn read(&mut self, id: u64) {
        self.command(Command::Read { query: QueryId(id), what: history(None) });
    }

    fn read_ends(&mut self, failure: Option<Failure>) {
        let (_, call, _) = self.reads.remove(0);
        let timing = Timing { sent: Boot(self.at - 8), received: Boot(self.at), date: None };
        self.event(Event::Read { call, timing, failure });
    }

    fn reading(&self) -> Vec<u64> {
        self.reads.iter().map(|(query, ..)| query.0).collect()
    }
}

#[test]
fn questions_are_sent_two_at_a_time() {
    let mut world = World::new();
    for id in 1..=4 {
        world.read(id);
    }
    world.pass(1_000);
    assert_eq!(world.reading(), [1, 2]);
    world.read_ends(None);
    assert_eq!(world.reading(), [2, 3]);
    world.read_ends(None);
    world.read_ends(None);
    world.pass(200);
    assert_eq!(world.reading(), [4]);
    assert!(matches!(world.reads[0].2, Request::History { reverse: true, page_size: 100, .. }));
}

#[test]
fn nothing_is_read_from_a_service_that_is_out_of_reach_and_it_is_said() {
    let mut world = World::new();
    for id in 1..=5 {
        world.read(id);
        let outage = no_answer().unwrap_err();
        world.read_ends(Some(outage));
        world.pass(150);
    }
    world.read(6);
    assert_eq!(world.unread.last().map(|(query, _)| query.0), Some(6));
    assert!(world.unread.last().unwrap().1.contains("out of reach"), "{:?}", world.unread);
}

#[test]
fn a_denied_question_stops_no_heartbeat() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.read(1);
    world.read_ends(Some(refused("AccessDeniedException", "not authorized").unwrap_err()));
    assert!(matches!(world.status.as_ref().unwrap().connection, Connection::Online { .. }));
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    assert_eq!(world.calls_to("RecordActivityTaskHeartbeat"), 1);
}

#[test]
fn too_many_questions_push_out_the_oldest() {
    let mut world = World::new();
    for id in 1..=40 {
        world.read(id);
    }
    assert_eq!((world.reading(), world.unread[0].0), (vec![1, 2], QueryId(3)));
    assert_eq!(world.unread.len(), 6);
}

#[test]
fn whoever_only_looks_on_may_read() {
    let (mut console, _) = Console::new(Config { read_only: true, ..config() }, now(0), &[]);
    let command = Command::Read { query: QueryId(1), what: history(None) };
    let effects = console.handle(now(1), Event::Command(command));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Read { query: QueryId(1), .. })), "{effects:?}");
}

#[test]
fn every_call_is_told_with_its_claim_and_how_late_it_was() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.called.clear();
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    world.answer("RecordActivityTaskHeartbeat", 12, refused("ThrottlingException", "Rate exceeded"));
    let told = world.called.last().unwrap();
    assert_eq!((told.operation, told.claim, told.took_ms), ("RecordActivityTaskHeartbeat", Some(claim), 12));
    assert_eq!((&told.end, told.late_ms), (&CallEnd::Throttled, Some(0)));
}
