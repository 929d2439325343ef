//! The journal's promises: what was acknowledged is there, what is refused changes nothing.

mod ageing;
mod any;
mod full;
mod shelf;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rusqlite::Connection;
use tempfile::{TempDir, tempdir};

use super::*;
use crate::clock::{Boot, Wall};
use crate::task::{
    ActivityType, ClaimSource, ClaimedTask, Outcome, OutcomeKind, PollNumber, Stamp, TaskToken, TimeoutKind, Verdict,
    WorkflowExecution,
};

type Done = Receiver<Told>;

/// For the journal to do what it was told.
const PATIENCE: Duration = Duration::from_secs(20);

fn settings() -> Settings {
    Settings::new("ann@host", "boot-a".into(), "here")
}

fn open(path: &Path) -> (Journal, Vec<Entry>, Done) {
    let (sender, done) = channel();
    let on_told = move |what| drop(sender.send(what));
    let (journal, entries) = Journal::open(&Place::named(path), &settings(), on_told).unwrap();
    (journal, entries, done)
}

fn open_error(path: &Path) -> OpenError {
    Journal::open(&Place::named(path), &settings(), |_| {}).unwrap_err()
}

fn directory() -> (TempDir, std::path::PathBuf) {
    let directory = tempdir().unwrap();
    let path = directory.path().canonicalize().unwrap().join("test.db");
    (directory, path)
}

fn records(entries: &[Entry]) -> Vec<Record> {
    entries.iter().map(|entry| entry.record.clone()).collect()
}

fn next(done: &Done) -> (u64, Result<(), AppendFailure>) {
    match done.recv_timeout(PATIENCE).expect("the journal answers") {
        Told::Batch(batch, result) => (batch, result),
        other @ Told::Full(_) => panic!("{other:?}"),
    }
}

fn at(boot: i64) -> Stamp {
    Stamp { boot: Boot(boot), wall: Wall(boot + 1), service: None }
}

fn claimed(claim: u64, poll: u64) -> Record {
    let task = ClaimedTask {
        token: TaskToken::new(format!("secret-{claim}")),
        activity_id: "swap-17".into(),
        activity_type: ActivityType { name: "SwapDisk".into(), version: "2.1".into() },
        started_event_id: 7,
        execution: WorkflowExecution { workflow_id: "rack".into(), run_id: "22f4".into() },
        input: Some("{}".into()),
    };
    let source = ClaimSource {
        domain: "ops".into(),
        task_list: "manual".into(),
        poll: PollNumber(poll),
        identity: "ann@host/1/1".into(),
    };
    Record::Claimed { claim: ClaimId(claim), source, task: Arc::new(task), sent: at(1), received: at(2) }
}

fn intent(claim: u64) -> Record {
    Record::Intent { claim: ClaimId(claim), outcome: Outcome::Completed { result: Some("done".into()) }, at: at(3) }
}

#[test]
fn no_lost_token_what_was_acknowledged_survives_a_kill() {
    let (directory, path) = directory();
    let (journal, entries, done) = open(&path);
    assert_eq!(entries, []);
    let written = vec![Record::PollStarted { poll: PollNumber(1), at: at(0), target: None }, claimed(1, 1)];
    journal.append(1, written.clone(), Durability::Synced).unwrap();
    assert_eq!(next(&done), (1, Ok(())));

    // The files as a kill would leave them, while the keeper still has them open.
    let crashed = directory.path().join("crashed.db");
    fs::copy(&path, &crashed).unwrap();
    fs::copy(place::beside(&path, "-wal"), place::beside(&crashed, "-wal")).unwrap();
    assert_eq!(records(&open(&crashed).1), written);

    journal.close(PATIENCE).unwrap();
    let (_journal, entries, _done) = open(&path);
    assert_eq!(records(&entries), written);
    assert_eq!((entries[0].seq, &*entries[0].boot_id), (1, "boot-a"));
}

#[test]
fn batches_are_answered_in_the_order_they_came() {
    let (_directory, path) = directory();
    let (journal, _, done) = open(&path);
    for id in 0..300 {
        journal
            .append(id, vec![Record::PollStarted { poll: PollNumber(id), at: at(0), target: None }], Durability::Synced)
            .unwrap();
    }
    let answers: Vec<u64> = (0..300).map(|_| next(&done).0).collect();
    assert_eq!(answers, (0..300).collect::<Vec<_>>());
    journal.close(PATIENCE).unwrap();
    let polls: Vec<u64> = records(&open(&path).1)
        .iter()
        .map(|record| match record {
            Record::PollStarted { poll, .. } => poll.0,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(polls, answers);
}

#[test]
fn lazy_batches_go_with_the_next_synced_one_and_are_not_answered() {
    let (directory, path) = directory();
    let (journal, _, done) = open(&path);
    let beaten = Record::Beaten { claim: ClaimId(1), sent: at(5), took_ms: 8, count: 1 };
    journal.append(1, vec![beaten.clone()], Durability::Lazy).unwrap();
    journal.append(2, vec![claimed(1, 1)], Durability::Synced).unwrap();
    assert_eq!(next(&done), (2, Ok(())));
    let crashed = directory.path().join("crashed.db");
    fs::copy(&path, &crashed).unwrap();
    fs::copy(place::beside(&path, "-wal"), place::beside(&crashed, "-wal")).unwrap();
    assert_eq!(records(&open(&crashed).1), [beaten.clone(), claimed(1, 1)]);

    journal.append(3, vec![beaten.clone()], Durability::Lazy).unwrap();
    journal.close(PATIENCE).unwrap();
    assert_eq!(records(&open(&path).1), [beaten.clone(), claimed(1, 1), beaten]);
    assert!(done.try_recv().is_err());
}

#[test]
fn one_outcome_a_second_intent_fails_with_its_whole_batch() {
    let (_directory, path) = directory();
    let (journal, _, done) = open(&path);
    let details = Record::Details { claim: ClaimId(1), details: "60%".into() };
    let other = Record::Details { claim: ClaimId(2), details: "70%".into() };
    journal.append(1, vec![claimed(1, 1), intent(1)], Durability::Synced).unwrap();
    journal.append(2, vec![details, intent(1)], Durability::Synced).unwrap();
    journal.append(3, vec![other.clone()], Durability::Synced).unwrap();
    assert_eq!(next(&done), (1, Ok(())));
    let (batch, refused) = next(&done);
    assert_eq!((batch, refused.unwrap_err().intent_taken), (2, Some(ClaimId(1))));
    assert_eq!(next(&done), (3, Ok(())));
    journal.close(PATIENCE).unwrap();

    let (journal, entries, done) = open(&path);
    assert_eq!(records(&entries), [claimed(1, 1), intent(1)]);
    let reader = Connection::open(&path).unwrap();
    assert_eq!(records(&reader::read_all(&path, &reader).unwrap()), [claimed(1, 1), intent(1), other]);
    journal.append(4, vec![intent(1)], Durability::Synced).unwrap();
    assert_eq!(next(&done).1.unwrap_err().intent_taken, Some(ClaimId(1)), "also after a restart");
    let withdrawn = Record::IntentWithdrawn { claim: ClaimId(1) };
    journal.append(5, vec![withdrawn, intent(1)], Durability::Synced).unwrap();
    assert_eq!(next(&done), (5, Ok(())));
}

#[test]
fn a_journal_that_cannot_be_written_says_so_and_recovers() {
    let (_directory, path) = directory();
    let (journal, _, done) = open(&path);
    let database = Connection::open(&path).unwrap();
    database.execute_batch("ALTER TABLE records RENAME TO gone").unwrap();
    let details = Record::Details { claim: ClaimId(1), details: "60%".into() };
    journal.append(1, vec![details.clone()], Durability::Lazy).unwrap();
    journal.append(2, vec![claimed(1, 1)], Durability::Synced).unwrap();
    for batch in [1, 2] {
        let (failed, result) = next(&done);
        let failure = result.unwrap_err();
        assert_eq!((failed, failure.intent_taken), (batch, None));
        assert!(failure.message.contains("test.db cannot be written: no such table"), "{failure}");
    }
    database.execute_batch("ALTER TABLE gone RENAME TO records").unwrap();
    journal.append(3, vec![claimed(1, 1)], Durability::Synced).unwrap();
    assert_eq!(next(&done), (3, Ok(())));
    journal.close(PATIENCE).unwrap();
    assert_eq!(records(&open(&path).1), [claimed(1, 1)]);
}

#[test]
fn tokens_are_kept_apart_and_files_are_private() {
    let (_directory, path) = directory();
    let (journal, _, done) = open(&path);
    journal.append(1, vec![claimed(1, 1)], Durability::Synced).unwrap();
    assert_eq!(next(&done), (1, Ok(())));
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let mode = place::beside(&path, suffix).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{suffix}");
    }
    journal.close(PATIENCE).unwrap();
    let database = Connection::open(&path).unwrap();
    let body: String = database.query_row("SELECT body FROM records", [], |row| row.get(0)).unwrap();
    assert!(!body.contains("secret"), "{body}");
    database.execute("DELETE FROM tokens", []).unwrap();
    drop(database);
    match &open(&path).1[0].record {
        Record::Claimed { task, .. } => assert_eq!(task.token.expose(), "", "an erased token"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn dismissed_claims_and_ended_polls_stay_away_but_numbers_are_not_reused() {
    let (_directory, path) = directory();
    let (journal, _, _done) = open(&path);
    let started = |poll| Record::PollStarted { poll: PollNumber(poll), at: at(0), target: None };
    let ended = |poll| Record::PollEnded { poll: PollNumber(poll) };
    let dismissed = |claim| Record::Dismissed { claim: ClaimId(claim) };
    let batch = vec![
        started(1),
        claimed(1, 1),
        started(2),
        ended(2),
        started(3), // a possible orphan
        started(4),
        claimed(2, 4),
        started(5),
        claimed(3, 5),
        dismissed(1),
        dismissed(3),
        started(6),
        ended(6),
    ];
    journal.append(1, batch, Durability::Synced).unwrap();
    journal.close(PATIENCE).unwrap();
    let live = [started(3), claimed(2, 4), claimed(3, 5), dismissed(3), started(6), ended(6)];
    assert_eq!(records(&open(&path).1), live);
}

#[test]
fn a_second_keeper_is_told_who_holds_it_and_may_follow() {
    let (_directory, path) = directory();
    let (journal, _, done) = open(&path);
    let error = open_error(&path);
    let OpenError::Held { by, .. } = &error else { panic!("{error}") };
    assert!(by.starts_with(&format!("pid {}, ann@host, since 2", std::process::id())), "{by}");
    assert!(error.to_string().contains("--read-only"), "{error}");

    journal.append(1, vec![claimed(1, 1)], Durability::Synced).unwrap();
    assert_eq!(next(&done).1, Ok(()));
    let (mut follower, entries) = Follower::open(&Place::named(&path)).unwrap();
    assert_eq!(records(&entries), [claimed(1, 1)]);
    assert_eq!(follower.follow().unwrap(), []);
    journal.append(2, vec![intent(1)], Durability::Synced).unwrap();
    assert_eq!(next(&done).1, Ok(()));
    assert_eq!(records(&follower.follow().unwrap()), [intent(1)]);
    assert_eq!(follower.follow().unwrap(), []);

    journal.close(PATIENCE).unwrap();
    open(&path).0.close(PATIENCE).unwrap();
}

#[test]
fn a_follower_creates_nothing() {
    let (_directory, path) = directory();
    let error = Follower::open(&Place::named(&path)).unwrap_err();
    assert!(matches!(error, OpenError::Missing { .. }), "{error}");
    assert!(!path.exists());
}

/// Refused, with these words, and not a byte changed.
fn assert_refused(path: &Path, words: &str) {
    let before = fs::read(path).unwrap();
    for error in [open_error(path), Follower::open(&Place::named(path)).unwrap_err()] {
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(fs::read(path).unwrap(), before);
}

fn private(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_newer_journal_is_left_alone() {
    let (_directory, path) = directory();
    open(&path).0.close(PATIENCE).unwrap();
    let database = Connection::open(&path).unwrap();
    database.pragma_update(None, "user_version", schema::FORMAT + 1).unwrap();
    drop(database);
    let (newer, known) = (schema::FORMAT + 1, schema::FORMAT);
    let words = format!("has format {newer}, and this swfbeat knows formats up to {known}: use a newer swfbeat");
    assert_refused(&path, &words);
}

#[test]
fn what_is_not_a_journal_is_left_alone() {
    let (_directory, path) = directory();
    private(&path, b"shopping list\n".repeat(100).as_slice());
    assert_refused(&path, "is not a swfbeat journal");

    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    assert_refused(&path, "is not a swfbeat journal");

    let error = open_error(path.parent().unwrap());
    assert!(error.to_string().contains("is not a swfbeat journal"), "{error}");
}

#[test]
fn a_damaged_journal_is_named_and_left_alone() {
    let (directory, path) = directory();
    let (journal, _, done) = open(&path);
    for id in 1..200 {
        journal.append(id, vec![claimed(id, id)], Durability::Synced).unwrap();
        assert_eq!(next(&done).1, Ok(()));
    }
    // With a WAL beside it, as after a kill.
    let damaged = directory.path().join("damaged.db");
    let files = ["", "-wal"].map(|suffix| (place::beside(&path, suffix), place::beside(&damaged, suffix)));
    Connection::open(&path).unwrap().execute_batch("PRAGMA wal_checkpoint").unwrap();
    journal.append(200, vec![claimed(200, 200)], Durability::Synced).unwrap();
    assert_eq!(next(&done).1, Ok(()));
    for (from, to) in &files {
        fs::copy(from, to).unwrap();
    }
    let mut bytes = fs::read(&damaged).unwrap();
    let size = bytes.len();
    bytes[8_192..size].fill(0x5a);
    fs::write(&damaged, &bytes).unwrap();
    let before: Vec<_> = files.iter().map(|(_, file)| fs::read(file).unwrap()).collect();
    for error in [open_error(&damaged), Follower::open(&Place::named(&damaged)).unwrap_err()] {
        assert!(
            error.to_string().contains("damaged.db is damaged (") && error.to_string().contains(".recover"),
            "{error}"
        );
    }
    let after: Vec<_> = files.iter().map(|(_, file)| fs::read(file).unwrap()).collect();
    assert!(before == after, "not a byte is changed");
}

#[test]
fn no_lost_token_a_wal_without_its_database_is_not_thrown_away() {
    let (directory, path) = directory();
    let (journal, _, done) = open(&path);
    journal.append(1, vec![claimed(1, 1)], Durability::Synced).unwrap();
    assert_eq!(next(&done), (1, Ok(())));
    let lone = directory.path().join("lone.db");
    let wal = place::beside(&lone, "-wal");
    fs::copy(place::beside(&path, "-wal"), &wal).unwrap();
    let size = wal.metadata().unwrap().len();
    let error = open_error(&lone);
    assert!(error.to_string().contains("it is empty, but "), "{error}");
    assert_eq!(wal.metadata().unwrap().len(), size);
}

#[test]
fn a_journal_serves_one_service_unless_told_that_it_is_the_same() {
    let (_directory, path) = directory();
    open(&path).0.close(PATIENCE).unwrap();
    let moved = |same_service| Settings { same_service, ..Settings::new("ann@host", "boot-a".into(), "there") };
    let error = Journal::open(&Place::named(&path), &moved(false), |_| {}).unwrap_err();
    assert!(error.to_string().contains("belongs to another service, here, and not to there"), "{error}");
    Journal::open(&Place::named(&path), &moved(true), |_| {}).unwrap().0.close(PATIENCE).unwrap();
    Journal::open(&Place::named(&path), &moved(false), |_| {}).unwrap().0.close(PATIENCE).unwrap();
}

#[test]
fn a_disk_that_hangs_does_not_hang_the_end() {
    let (_directory, path) = directory();
    // The journal's thread stands still as it would in fsync.
    let (free, hung) = channel::<()>();
    let on_told = move |_| assert!(hung.recv().is_err(), "until the test is over");
    let (journal, _) = Journal::open(&Place::named(&path), &settings(), on_told).unwrap();
    journal.append(1, vec![claimed(1, 1)], Durability::Synced).unwrap();
    let failure = journal.close(Duration::from_millis(50)).unwrap_err();
    assert!(failure.message.contains("the disk has not answered for 0.05 s"), "{failure}");
    drop(free);
}

#[test]
fn of_heartbeats_only_the_last_is_kept() {
    let (_directory, path) = directory();
    let (journal, _, _done) = open(&path);
    let beaten = |claim, count| Record::Beaten { claim: ClaimId(claim), sent: at(5), took_ms: 8, count };
    let beats = [(1, 1), (2, 7), (1, 2), (1, 3), (2, 6)].map(|(claim, count)| beaten(claim, count));
    journal.append(1, [&[claimed(1, 1), claimed(2, 2)], &beats[..]].concat(), Durability::Synced).unwrap();
    journal.close(PATIENCE).unwrap();
    // One that came late changes nothing.
    assert_eq!(records(&open(&path).1), [claimed(1, 1), claimed(2, 2), beaten(2, 7), beaten(1, 3), beaten(2, 6)]);
}

#[test]
fn polls_that_have_ended_are_swept_up() {
    let (_directory, path) = directory();
    let (journal, _, _done) = open(&path);
    let started = |poll| Record::PollStarted { poll: PollNumber(poll), at: at(0), target: None };
    let mut polls = Vec::new();
    for poll in 1..=1_300 {
        polls.push(started(poll));
        // Every 150th is a possible orphan.
        if poll % 150 != 0 {
            polls.push(Record::PollEnded { poll: PollNumber(poll) });
        }
    }
    journal.append(1, polls, Durability::Synced).unwrap();
    journal.close(PATIENCE).unwrap();
    let reader = Connection::open(&path).unwrap();
    let rows: u64 = reader.query_row("SELECT count(*) FROM records", [], |row| row.get(0)).unwrap();
    assert!(rows < 2_020, "{rows}");
    let live = records(&open(&path).1);
    let orphans: Vec<_> = (1..=8).map(|n| started(150 * n)).collect();
    let last = [started(1_300), Record::PollEnded { poll: PollNumber(1_300) }];
    assert_eq!(live, [&orphans[..], &last].concat());
}

#[test]
fn an_unreadable_record_is_named() {
    let (_directory, path) = directory();
    open(&path).0.close(PATIENCE).unwrap();
    let database = Connection::open(&path).unwrap();
    database.execute("INSERT INTO records (boot_id, poll, kind, body) VALUES ('b', 1, 'Dance', '{}')", []).unwrap();
    drop(database);
    let error = open_error(&path);
    assert!(error.to_string().contains("its record 1 cannot be read"), "{error}");
}

#[test]
fn others_must_not_be_able_to_read_or_replace_it() {
    let (directory, path) = directory();
    open(&path).0.close(PATIENCE).unwrap();
    let link = directory.path().join("link.db");
    symlink(&path, &link).unwrap();
    let error = open_error(&link);
    assert!(error.to_string().contains("symbolic link"), "{error}");

    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let error = open_error(&path);
    assert!(error.to_string().contains("its mode 640 lets others in: chmod 600 it"), "{error}");
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();

    fs::set_permissions(directory.path(), Permissions::from_mode(0o777)).unwrap();
    let error = open_error(&path);
    assert!(error.to_string().contains("anybody may write to this directory"), "{error}");
}

#[test]
fn a_directory_that_does_not_exist_is_named() {
    let (directory, _) = directory();
    let error = open_error(&directory.path().join("no/such.db"));
    assert!(error.to_string().contains("/no cannot be opened: No such file"), "{error}");
}

/// SQLite sorts whole rows in a temporary file, in a directory for everybody's.
#[test]
fn nothing_is_put_aside_outside_the_journal() {
    let (_directory, path) = directory();
    let (journal, _, done) = open(&path);
    journal.append(1, vec![claimed(1, 1), intent(1)], Durability::Synced).unwrap();
    next(&done).1.unwrap();
    let connection = store::connect(&path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let temp_store: i64 = connection.pragma_query_value(None, "temp_store", |row| row.get(0)).unwrap();
    assert_eq!(temp_store, 2, "in memory");
    for sql in reader::queries() {
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let unbound = vec![0; plan.parameter_count()];
        let steps = plan.query_map(rusqlite::params_from_iter(unbound), |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<_> = steps.map(Result::unwrap).collect();
        assert!(!steps.is_empty() && !steps.iter().any(|step| step.contains("FOR ORDER BY")), "{sql}: {steps:?}");
    }
}
