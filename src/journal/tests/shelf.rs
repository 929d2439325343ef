//! What has ended, page by page, and one task's texts.

use super::*;

fn ended(claim: u64, wall: i64) -> Record {
    let verdict = Verdict::ClosedByOther { kind: OutcomeKind::Failed, written: Some("why".into()) };
    Record::Verdict { claim: ClaimId(claim), verdict, at: Stamp { wall: Wall(wall), ..at(0) } }
}

#[test]
fn what_ended_last_comes_first_and_every_task_once() {
    let (_directory, path) = directory();
    let (journal, _, done) = open(&path);
    let mut written = Vec::new();
    for claim in 1..=50 {
        // Many in the same millisecond, some taken off the list, every fifth still open.
        written.push(claimed(claim, claim));
        if claim % 5 > 0 {
            written.extend([intent(claim), ended(claim, (claim * 13 % 7).cast_signed())]);
        }
        if claim % 3 == 0 && claim % 5 > 0 {
            written.push(Record::Dismissed { claim: ClaimId(claim) });
        }
    }
    journal.append(1, written, Durability::Synced).unwrap();
    assert_eq!(next(&done), (1, Ok(())));

    let shelf = Shelf::open(&Place::named(&path)).unwrap();
    let (mut from, mut claims) = (None, Vec::new());
    loop {
        let page = shelf.ended(from, 7).unwrap();
        assert!(page.tasks.len() <= 7);
        for task in &page.tasks {
            let Record::Claimed { claim, task: given, .. } = &task[0].record else { panic!("{task:?}") };
            assert_eq!((given.token.expose(), given.input.as_ref().unwrap().raw()), ("", "{}"));
            assert_eq!(task[1].record, intent(claim.0));
            assert_eq!(task[2].record, ended(claim.0, (claim.0 * 13 % 7).cast_signed()));
            claims.push((claim.0 * 13 % 7, claim.0));
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let mut expected: Vec<_> = (1..=50).filter(|claim| claim % 5 > 0).map(|claim| (claim * 13 % 7, claim)).collect();
    expected.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(claims, expected);
    assert_eq!(records(&shelf.about(ClaimId(5)).unwrap()).len(), 1);
    assert!(shelf.about(ClaimId(99)).unwrap().is_empty());
    journal.close(PATIENCE).unwrap();
}

#[test]
fn of_what_has_ended_only_the_last_thousand_come_back_at_a_start() {
    let (_directory, path) = directory();
    let (journal, _, _done) = open(&path);
    let written = (1..=1_010).flat_map(|claim| [claimed(claim, claim), ended(claim, claim.cast_signed())]);
    let all: Vec<_> = [claimed(5_000, 5_000)].into_iter().chain(written).collect();
    journal.append(1, all.clone(), Durability::Synced).unwrap();
    journal.close(PATIENCE).unwrap();
    let back = records(&open(&path).1);
    assert_eq!(back[0], all[0], "what is open comes back however long ago it was claimed");
    assert_eq!(back[1..], all[21..]);
}
