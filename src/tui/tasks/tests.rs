use super::*;
use crate::tui::fixtures::{T0, task};

fn ids(tasks: &Tasks, height: usize) -> Vec<u64> {
    tasks.in_view(height).map(|row| row.facts.id.0).collect()
}

fn filled(left: &[i64]) -> Tasks {
    let mut tasks = Tasks::default();
    for (id, &seconds) in (1..).zip(left) {
        tasks.update(task(id, &format!("t-{id}")).heartbeat(3_600, seconds).arc(), T0.boot);
    }
    tasks.select_first_if_free(T0.boot);
    tasks.pin(T0.boot);
    tasks
}

fn marked(tasks: &Tasks) -> Vec<u64> {
    tasks.marked().iter().map(|facts| facts.id.0).collect()
}

#[test]
fn the_most_urgent_is_on_top_and_time_moves_tasks_up() {
    let mut tasks = filled(&[3_000, 2_000, 2_500]);
    assert_eq!(ids(&tasks, 9), [2, 3, 1]);
    tasks.update(task(1, "t").heartbeat(3_600, 3_000).cancel().arc(), T0.boot);
    assert_eq!((ids(&tasks, 9), tasks.cancels()), (vec![1, 2, 3], 1));
    assert_eq!(tasks.count(Urgency::Due), 0);
    let change = tasks.changes.first().unwrap().0;
    tasks.advance(change);
    assert_eq!(tasks.count(Urgency::Due), 1);
    tasks.advance(T0.boot + 10_000_000);
    assert_eq!((tasks.count(Urgency::Unsure), tasks.changes.len()), (2, 0));
}

#[test]
fn the_cursor_stays_on_its_task_and_in_view() {
    let mut tasks = filled(&[1_000, 2_000, 3_000, 3_100, 3_200]);
    tasks.move_by(3);
    assert_eq!(tasks.selected().unwrap().id, ClaimId(4));
    tasks.settle(2);
    assert_eq!(ids(&tasks, 2), [3, 4]);
    tasks.update(task(4, "t").cancel().arc(), T0.boot);
    tasks.settle(2);
    assert_eq!((tasks.selected().unwrap().id, ids(&tasks, 2)), (ClaimId(4), vec![4, 1]));
    tasks.remove(ClaimId(4));
    assert_eq!(tasks.selected().unwrap().id, ClaimId(1));
}

#[test]
fn the_cursor_stays_in_its_row_if_told_so() {
    let mut tasks = filled(&[1_000, 2_000, 3_000]);
    tasks.hold_row(true);
    tasks.move_by(1);
    tasks.settle(9);
    tasks.update(task(3, "t").cancel().arc(), T0.boot);
    tasks.select_first_if_free(T0.boot);
    assert_eq!((ids(&tasks, 9), tasks.selected().unwrap().id), (vec![3, 1, 2], ClaimId(1)));
}

#[test]
fn the_cursor_rests_on_the_most_urgent_task_while_the_first_ones_come_in() {
    for by_key in [true, false] {
        let mut tasks = Tasks::default();
        tasks.update(task(1, "t").heartbeat(3_600, 2_000).arc(), T0.boot);
        tasks.select_first_if_free(T0.boot);
        tasks.update(task(7, "t").cancel().arc(), T0.boot);
        tasks.select_first_if_free(T0.boot + 100);
        assert_eq!(tasks.selected().unwrap().id, ClaimId(7));
        tasks.update(task(7, "t").arc(), T0.boot);
        tasks.update(task(8, "t").cancel().arc(), T0.boot);
        let later = T0.boot + if by_key { 200 } else { FREE_MS };
        if by_key {
            tasks.pin(later);
        }
        tasks.select_first_if_free(later);
        assert_eq!(tasks.selected().unwrap().id, ClaimId(7), "by key: {by_key}");
    }
}

#[test]
fn a_heartbeat_of_a_kept_task_moves_no_row() {
    let mut tasks = Tasks::default();
    for id in 1..=3 {
        tasks.update(task(id, "t").kept().heartbeat(3_600, 2_000).arc(), T0.boot);
    }
    tasks.update(task(1, "t").kept().heartbeat(3_600, 3_600).arc(), T0.boot);
    assert_eq!(ids(&tasks, 9), [1, 2, 3]);
}

#[test]
fn an_empty_list_has_nothing_to_select() {
    let mut tasks = filled(&[1_000]);
    tasks.remove(ClaimId(1));
    tasks.remove(ClaimId(1));
    tasks.move_by(5);
    tasks.settle(0);
    assert!(tasks.selected().is_none() && tasks.len() == 0 && tasks.open() == 0);
    tasks.toggle_mark();
    tasks.mark_range();
    assert_eq!(tasks.mark_counts(), (0, 0));
}

#[test]
fn sorted_by_any_column_both_ways_with_cancel_requests_on_top() {
    let mut tasks = filled(&[3_000, 2_000, 2_500]);
    tasks.update(task(9, "z").cancel().arc(), T0.boot);
    let by = |by, reversed| Sort { by, reversed };
    for (sort, order) in [
        (by(SortBy::Id, false), [9, 1, 2, 3]),
        (by(SortBy::Id, true), [9, 3, 2, 1]),
        (by(SortBy::Heartbeat, false), [9, 2, 3, 1]),
        (by(SortBy::Heartbeat, true), [9, 1, 3, 2]),
        (by(SortBy::Kept, false), [9, 1, 2, 3]),
        (by(SortBy::Activity, false), [9, 1, 2, 3]),
    ] {
        tasks.set_sort(sort);
        assert_eq!(ids(&tasks, 9), order, "{sort:?}");
    }
    let mut all = SortBy::default();
    for _ in 0..7 {
        all = all.next();
    }
    assert_eq!(all, SortBy::default());
}

#[test]
fn only_what_the_filter_lets_through_is_shown_and_the_rest_still_counts() {
    let mut tasks = filled(&[3_000, 2_000, 2_500]);
    tasks.set_filter(Filter::parse("id:t-3"));
    assert_eq!((ids(&tasks, 9), tasks.shown(), tasks.len(), tasks.open()), (vec![3], 1, 3, 3));
    tasks.update(task(4, "t-34").arc(), T0.boot);
    assert_eq!(ids(&tasks, 9), [4, 3]);
    tasks.set_filter(Filter::parse("nothing-like-it"));
    assert!(tasks.selected().is_none());
    tasks.set_filter(Filter::default());
    assert_eq!((tasks.shown(), tasks.selected().unwrap().id), (4, ClaimId(4)));
}

#[test]
fn the_task_under_the_cursor_stays_until_the_cursor_goes() {
    let mut tasks = filled(&[700, 800, 2_500]);
    tasks.set_filter(Filter::parse("state:due"));
    assert_eq!(ids(&tasks, 9), [1, 2]);
    tasks.update(task(1, "t-1").heartbeat(3_600, 3_600).arc(), T0.boot);
    assert_eq!((ids(&tasks, 9), tasks.selected().unwrap().id), (vec![2, 1], ClaimId(1)));
    tasks.move_by(-1);
    assert_eq!((ids(&tasks, 9), tasks.selected().unwrap().id), (vec![2], ClaimId(2)));
}

#[test]
fn marks_are_set_one_by_one_in_ranges_all_and_turned_round() {
    let mut tasks = filled(&[1_000, 2_000, 3_000, 3_100, 3_200]);
    tasks.toggle_mark();
    assert_eq!((marked(&tasks), tasks.selected().unwrap().id), (vec![1], ClaimId(2)));
    tasks.move_by(1);
    tasks.mark_range();
    assert_eq!(marked(&tasks), [1, 2, 3]);
    tasks.invert_marks();
    assert_eq!(marked(&tasks), [4, 5]);
    tasks.mark_all();
    assert_eq!(tasks.mark_counts(), (5, 0));
    assert!(tasks.unmark_all() && !tasks.unmark_all());
}

#[test]
fn what_is_marked_and_not_shown_is_not_acted_on() {
    let mut tasks = filled(&[1_000, 2_000, 3_000]);
    tasks.mark_all();
    tasks.set_filter(Filter::parse("id:t-2"));
    assert_eq!((marked(&tasks), tasks.mark_counts()), (vec![2], (3, 2)));
    tasks.set_filter(Filter::parse("marked"));
    assert_eq!(marked(&tasks), [1, 2, 3]);
    tasks.remove(ClaimId(3));
    assert_eq!(tasks.mark_counts(), (2, 0));
}

#[test]
fn a_frozen_list_stands_still_until_an_alarm() {
    let mut tasks = filled(&[2_000, 2_500, 3_000]);
    tasks.freeze(T0.wall);
    assert!(tasks.update(task(3, "t-3").heartbeat(3_600, 700).arc(), T0.boot).is_none());
    assert!(tasks.update(task(4, "t-4").heartbeat(3_600, 800).arc(), T0.boot).is_none());
    assert_eq!((ids(&tasks, 9), tasks.count(Urgency::Due)), (vec![1, 2, 3], 2), "the counts go on");
    tasks.remove(ClaimId(2));
    let broken = tasks.update(task(1, "t-1").cancel().arc(), T0.boot);
    assert_eq!(broken.map(|facts| facts.id), Some(ClaimId(1)));
    assert_eq!((ids(&tasks, 9), tasks.frozen().is_some()), (vec![1, 3, 4], false));
    tasks.freeze(T0.wall);
    tasks.update(task(5, "t-5").arc(), T0.boot);
    tasks.thaw();
    assert!(ids(&tasks, 9).contains(&5));
}
