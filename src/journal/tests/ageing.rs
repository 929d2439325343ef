//! What goes with time, and what never does.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::clock::Now;
use crate::journal::store::Store;
use crate::journal::sweep::{Swept, Terms};
use crate::journal::writer::Batch;

const DAY: i64 = 86_400_000;
const TERMS: Terms = Terms { retention: Some(30 * DAY), token_grace: DAY };

/// All clocks agree.
fn now(at: i64) -> Now {
    Now { boot: Boot(at), mono: at, wall: Wall(at) }
}

fn stamp(at: i64) -> Stamp {
    Stamp { boot: Boot(at), wall: Wall(at), service: None }
}

/// A token that is found if a byte of it is left anywhere.
fn token(claim: u64) -> String {
    format!("token-{claim:05}-").repeat(40 + claim as usize % 45)
}

fn claim_with_token(claim: u64) -> Record {
    let mut record = claimed(claim, claim);
    if let Record::Claimed { task, .. } = &mut record {
        Arc::make_mut(task).token = TaskToken::new(token(claim));
    }
    record
}

fn ended(claim: u64, at: i64) -> Record {
    let verdict = Verdict::Ours { kind: OutcomeKind::Completed, from_history: false };
    Record::Verdict { claim: ClaimId(claim), verdict, at: stamp(at) }
}

fn unproven(claim: u64, at: i64) -> Record {
    Record::Verdict { claim: ClaimId(claim), verdict: Verdict::Unproven { why: "hidden".into() }, at: stamp(at) }
}

fn store(path: &Path) -> Store {
    place::create_private(path).unwrap();
    Store::open(path, &settings()).unwrap().0
}

fn write(store: &mut Store, records: Vec<Record>) {
    let results = store.append(&[Batch { id: 1, records, durability: Durability::Synced }]).unwrap();
    assert_eq!(results, [Ok(())]);
}

fn sweep_all(store: &mut Store, now: Now) {
    while store.sweep(now, TERMS).unwrap() == Swept::Some {}
    assert!(store.empty_wal().unwrap());
}

/// The claims of which a trace of the token is in a file of the journal's directory.
fn traces(path: &Path, mut claims: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut found = BTreeSet::new();
    for file in fs::read_dir(path.parent().unwrap()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        for part in String::from_utf8_lossy(&bytes).split("token-").skip(1) {
            found.extend(part.get(..5).and_then(|number| number.parse::<u64>().ok()));
        }
    }
    claims.by_ref().filter(|claim| found.contains(claim)).collect()
}

#[test]
fn tokens_of_proven_ends_are_in_no_file_after_a_day() {
    let (_directory, path) = directory();
    let mut store = store(&path);
    let all = 1..=240_u64;
    for claim in all.clone() {
        write(&mut store, vec![claim_with_token(claim)]);
    }
    assert_eq!(traces(&path, all.clone()).len(), 240);
    // In several rounds and without any order, so that what stays is moved about in the database.
    let round_of = |claim: u64| claim * 7 % 6;
    for round in 1..=5_u64 {
        let at = round.cast_signed() * 10 * DAY;
        let ends: Vec<_> = all.clone().filter(|&claim| round_of(claim) == round).collect();
        write(&mut store, ends.iter().map(|&claim| ended(claim, at)).collect());
        sweep_all(&mut store, now(at + DAY - 1));
        assert_eq!(traces(&path, ends.iter().copied()), ends, "not before");
        sweep_all(&mut store, now(at + DAY));
        let others: Vec<_> = all.clone().filter(|&claim| round_of(claim) > round || round_of(claim) == 0).collect();
        assert_eq!(traces(&path, all.clone()), others, "round {round}");
    }
    sweep_all(&mut store, now(1_000 * DAY));
    let open: Vec<_> = all.clone().filter(|&claim| round_of(claim) == 0).collect();
    assert_eq!(traces(&path, all), open);
    drop(store);

    let (journal, entries, _done) = super::open(&path);
    let intact = entries.iter().filter(|entry| match &entry.record {
        Record::Claimed { claim, task, .. } => task.token.expose() == token(claim.0),
        _ => false,
    });
    assert_eq!(intact.count(), open.len());
    journal.close(PATIENCE).unwrap();
}

#[test]
fn a_restart_after_the_token_has_gone_still_has_the_task() {
    let (_directory, path) = directory();
    let mut store = store(&path);
    write(&mut store, vec![claim_with_token(1), ended(1, 0)]);
    sweep_all(&mut store, now(DAY));
    drop(store);
    let (_journal, entries, _done) = super::open(&path);
    let Record::Claimed { task, .. } = &entries[0].record else { panic!("{entries:?}") };
    assert_eq!((task.token.expose(), &entries[1].record), ("", &ended(1, 0)));
}

#[test]
fn what_is_open_or_unproven_never_goes() {
    let (_directory, path) = directory();
    let mut store = store(&path);
    let dismissed = Record::Dismissed { claim: ClaimId(3) };
    let (open, orphan) = (claim_with_token(1), Record::PollStarted { poll: PollNumber(9), at: at(0), target: None });
    write(&mut store, vec![open.clone(), claim_with_token(2), unproven(2, 0)]);
    write(&mut store, vec![claim_with_token(3), unproven(3, 0), dismissed, orphan.clone(), claim_with_token(4)]);
    sweep_all(&mut store, now(10_000 * DAY));
    assert_eq!(traces(&path, 1..=4), [1, 2, 3, 4]);
    drop(store);
    let live = records(&super::open(&path).1);
    assert_eq!(live, [open, claim_with_token(2), unproven(2, 0), orphan, claim_with_token(4)]);
}

#[test]
fn after_thirty_days_everything_goes_but_the_highest_numbers() {
    let (_directory, path) = directory();
    let mut store = store(&path);
    let started = |poll| Record::PollStarted { poll: PollNumber(poll), at: at(0), target: None };
    for claim in 1..=150 {
        // The last poll was not that of the last claim.
        let poll = if claim == 7 { 500 } else { claim };
        write(&mut store, vec![started(poll), claimed(claim, poll), intent(claim), ended(claim, 0)]);
    }
    sweep_all(&mut store, now(30 * DAY - 1));
    drop(store);
    assert_eq!(super::open(&path).1.len(), 3 * 150 + 1, "of the polls only the last");
    let mut store = Store::open(&path, &settings()).unwrap().0;
    sweep_all(&mut store, now(30 * DAY));
    drop(store);
    let live = records(&super::open(&path).1);
    let rest = |claim, poll: u64| {
        let mut claimed = claimed(claim, poll);
        if let Record::Claimed { task, .. } = &mut claimed {
            Arc::make_mut(task).token = TaskToken::new(String::new());
        }
        vec![claimed, intent(claim), ended(claim, 0)]
    };
    assert_eq!(live, [vec![started(500)], rest(7, 500), rest(150, 150)].concat());
    let reader = Connection::open(&path).unwrap();
    assert_eq!(reader::read_all(&path, &reader).unwrap().len(), 8, "the last claim's poll too, and nothing else");
}

#[test]
fn a_clock_that_was_stepped_removes_nothing_early() {
    let (_directory, path) = directory();
    let mut store = store(&path);
    write(&mut store, vec![claim_with_token(1), ended(1, 0)]);
    let stepped = Now { wall: Wall(400 * DAY), ..now(DAY - 1) };
    assert_eq!(store.sweep(stepped, TERMS).unwrap(), Swept::Nothing, "the same boot knows better");
    let service = |at| Some(Stamp { service: Some(at), ..stamp(0) });
    let verdict = Verdict::TimedOut { kind: TimeoutKind::Heartbeat, details: None };
    let at = service(1_000).unwrap();
    write(&mut store, vec![claim_with_token(2), Record::Verdict { claim: ClaimId(2), verdict, at }]);
    store.boot_id = "boot-b".into();
    let seen = |at| Record::CancelSeen { claim: ClaimId(1), at };
    write(&mut store, vec![seen(service(DAY).unwrap())]);
    while store.sweep(stepped, TERMS).unwrap() == Swept::Some {}
    assert_eq!(store.connection.query_row("SELECT claim FROM tokens", [], |row| row.get(0)), Ok(2_u64));
    write(&mut store, vec![seen(service(DAY + 1_000).unwrap())]);
    assert_eq!(store.sweep(stepped, TERMS).unwrap(), Swept::Some, "the service's time has passed too");
}

#[test]
fn somebody_who_reads_only_delays_the_erasing() {
    let (_directory, path) = directory();
    let mut store = store(&path);
    write(&mut store, vec![claim_with_token(1), ended(1, 0), claim_with_token(2)]);
    let reader = Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM records").unwrap();
    while store.sweep(now(DAY), TERMS).unwrap() == Swept::Some {}
    assert!(!store.empty_wal().unwrap());
    reader.execute_batch("COMMIT").unwrap();
    assert!(store.empty_wal().unwrap());
    assert_eq!(traces(&path, 1..=2), [2]);
}

#[test]
fn the_journal_does_it_by_itself() {
    let (_directory, path) = directory();
    let (journal, _, done) = super::open(&path);
    let just_now = crate::clock::now();
    let at = Stamp { boot: just_now.boot, wall: just_now.wall, service: None };
    let verdict = Verdict::Ours { kind: OutcomeKind::Completed, from_history: false };
    let ended = Record::Verdict { claim: ClaimId(1), verdict, at };
    journal.append(1, vec![claim_with_token(1), ended, claim_with_token(2)], Durability::Synced).unwrap();
    assert_eq!(next(&done), (1, Ok(())));
    journal.close(PATIENCE).unwrap();
    assert_eq!(traces(&path, 1..=2), [1, 2]);

    let in_two_days = || {
        let now = crate::clock::now();
        Now { boot: now.boot + 2 * DAY, mono: now.mono + 2 * DAY, wall: Wall(now.wall.0 + 2 * DAY) }
    };
    let (journal, _) = Journal::open_with(&Place::named(&path), &settings(), in_two_days, |_| {}).unwrap();
    let start = crate::clock::now().boot;
    while traces(&path, 1..=2) != [2] {
        assert!(crate::clock::now().boot - start < PATIENCE.as_millis() as i64, "{:?}", traces(&path, 1..=2));
        std::thread::sleep(Duration::from_millis(20));
    }
    journal.close(PATIENCE).unwrap();
}

/// What version 1 wrote.
#[test]
fn a_journal_of_the_first_format_is_brought_up_to_date() {
    let (_directory, path) = directory();
    private(&path, b"");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(schema::MIGRATIONS[0]).unwrap();
    old.pragma_update(None, "application_id", schema::APPLICATION_ID).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    let beaten = |count| Record::Beaten { claim: ClaimId(1), sent: at(5), took_ms: 8, count };
    let dismissed = Record::Dismissed { claim: ClaimId(3) };
    let written = [
        claim_with_token(1),
        beaten(1),
        beaten(2),
        claim_with_token(2),
        ended(2, 5),
        unproven(2, 6),
        claim_with_token(3),
        ended(3, 7),
        dismissed,
        claim_with_token(4),
        unproven(4, 8),
    ];
    for record in &written {
        let (kind, body) = rows::encode(record).unwrap();
        let claim = record.claim().unwrap().0;
        let sql = "INSERT INTO records (boot_id, claim, kind, body) VALUES ('boot-a', ?1, ?2, ?3)";
        old.execute(sql, rusqlite::params![claim, kind, body]).unwrap();
        if let Record::Claimed { .. } = record {
            let sql = "INSERT INTO tokens (claim, token) VALUES (?1, ?2)";
            old.execute(sql, rusqlite::params![claim, token(claim)]).unwrap();
        }
    }
    drop(old);
    let (mut store, entries) = Store::open(&path, &settings()).unwrap();
    let mut expected = written.to_vec();
    expected.drain(6..9);
    expected.remove(1);
    assert_eq!(records(&entries), expected);
    sweep_all(&mut store, now(2 * DAY));
    assert_eq!(traces(&path, 1..=4), [1, 4]);
}
