//! Requests on their way to the service, and answers on their way back: what happens to them is decided by the
//! emulator's own [`Quotas`] and [`Faults`].

use swfbeat::console::{CallId, Event, Timing};
use swfbeat::emulator::{Answer, Fate, Handled, Refusal, RequestId, Treatment};
use swfbeat::wire::{self, Failure, Phase, Request};

use super::book::Who;
use super::translate;
use super::world::{Happening, World};

/// A request on its way.
pub struct Call {
    console: CallId,
    pub request: Request,
    /// An instant of the world.
    sent: i64,
    limit: i64,
    treatment: Treatment,
    answer: Option<Given>,
    /// It will be given once more.
    again: bool,
    /// It was given before.
    given: bool,
    /// The service has it, or never will.
    arrived: bool,
    /// Nobody waits any more.
    pub dropped: bool,
}

/// What the service said.
struct Given {
    status: u16,
    body: Vec<u8>,
    /// The service's clock then.
    clock: i64,
}

impl World {
    /// The id of a call of this life.
    fn call_id(&self, call: CallId) -> u64 {
        (self.life << 40) | call.0
    }

    pub fn send(&mut self, console: CallId, request: Request, limit: i64) {
        let id = self.call_id(console);
        let checked = self.book.close_sent(&request).and_then(|()| self.book.beat_sent(self.at, &request));
        let checked = checked.and_then(|()| self.book.poll_sent(self.at, &request, &self.clocks()));
        self.heed(checked);
        if let Request::Heartbeat { token, .. } = &request {
            let number = self.book.tasks[self.book.index(token.expose()) as usize].number;
            self.note(|| format!("heartbeat for task-{number} goes out, call {}", console.0));
        }
        let treatment = self.weather.faults.treat(request.operation());
        let after = treatment.request_after.cast_signed();
        let is_poll = matches!(request, Request::Poll { .. });
        match treatment.fate {
            Fate::RequestLost
                if self.weather.refuses > 0 && after < limit && self.chance.in_thousand(self.weather.refuses) =>
            {
                self.plan(after, Happening::Refused(id));
            }
            Fate::RequestLost => {
                self.totals.lost += 1;
                self.plan(limit, Happening::GiveUp(id));
            }
            Fate::RequestReset => self.plan(after.min(limit), Happening::GiveUp(id)),
            _ => {
                self.plan(after, Happening::Arrive(id));
                if after > limit {
                    self.plan(limit, Happening::GiveUp(id));
                }
            }
        }
        if is_poll {
            self.plan(limit, Happening::GiveUp(id));
        }
        let arrived = matches!(treatment.fate, Fate::RequestLost | Fate::RequestReset);
        let sent = self.at;
        let call = Call {
            console,
            request,
            sent,
            limit,
            treatment,
            answer: None,
            again: false,
            given: false,
            arrived,
            dropped: false,
        };
        self.calls.insert(id, call);
    }

    pub fn abandon(&mut self, console: CallId) {
        let id = self.call_id(console);
        let call = self.calls.get_mut(&id).expect("abandoned calls are in flight");
        assert!(!matches!(call.request, Request::Poll { .. }), "a poll is never abandoned");
        call.dropped = true;
    }

    pub fn arrive(&mut self, id: u64) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.arrived = true;
        let (operation, body) = (call.request.operation(), translate::body(&call.request));
        let clock = self.host.clock(self.at);
        let history = matches!(call.request, Request::History { .. });
        let poll = matches!(call.request, Request::Poll { .. });
        if poll && call.dropped && self.chance.in_thousand(500) {
            // The service has noticed in time that nobody is there.
            self.calls.remove(&id);
            return;
        }
        let denied = self.history_denied && (history || operation == "DescribeActivityType");
        let beat = matches!(call.request, Request::Heartbeat { .. });
        let throttled = call.treatment.fate == Fate::Refused(Refusal::Throttled);
        let spared = beat && throttled != self.weather.refuses_beat(throttled);
        let refusal = match &call.treatment.fate {
            _ if spared => None,
            Fate::Refused(refusal) => Some(refusal.clone()),
            _ if !self.weather.quotas.admit(clock, operation) => Some(Refusal::Throttled),
            _ => None,
        };
        let answer = if let Some(refusal) = refusal {
            match refusal {
                Refusal::Throttled => self.totals.throttled += 1,
                Refusal::ExpiredCredentials => self.totals.expired += 1,
                _ => self.totals.lost += 1,
            }
            Some(self.host.service.refuse(&refusal))
        } else if denied {
            Some(self.host.service.deny(operation, body.as_bytes()))
        } else {
            if history {
                self.host.service.set_history_lag(call.treatment.history_lag);
            }
            match self.host.service.handle(clock, RequestId(id), operation, body.as_bytes()) {
                Handled::Answer(answer) => Some(answer),
                Handled::Held => None,
            }
        };
        self.took_effect(id, answer.as_ref());
        if let Some(answer) = answer {
            self.answered(id, answer);
        }
        self.serve();
    }

    /// What a request has done to its task.
    fn took_effect(&mut self, id: u64, answer: Option<&Answer>) {
        let Some(call) = self.calls.get(&id) else { return };
        let applied = answer.is_some_and(|answer| answer.status == 200);
        match &call.request {
            Request::Heartbeat { token, .. } => {
                self.totals.beats += 1;
                if applied {
                    let (at, sent, index) = (self.at, call.sent, self.book.index(token.expose()));
                    self.book.look(at, index, &self.host);
                    let checked = self.book.beat_taken(index, Some(sent), &self.clocks());
                    self.heed(checked);
                }
            }
            Request::Complete { token, .. } | Request::Fail { token, .. } | Request::Cancel { token, .. }
                if applied =>
            {
                let index = self.book.index(token.expose());
                self.book.closed(index, Who::Console);
                self.book.look(self.at, index, &self.host);
                self.cut_off();
            }
            _ => {}
        }
    }

    /// The service has answered; whether the answer gets through is another matter.
    pub fn answered(&mut self, id: u64, answer: Answer) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if matches!(call.request, Request::Poll { .. })
            && let Ok(wire::Answer::Polled(Some(task))) = translate::answer(&call.request, answer.status, &answer.body)
        {
            self.book.handed_out(self.at, &task, &self.host);
        }
        let Some(call) = self.calls.get_mut(&id).filter(|call| !call.dropped) else {
            self.calls.remove(&id);
            return;
        };
        call.answer = Some(Given { status: answer.status, body: answer.body, clock: self.host.clock(self.at) });
        let limit = call.sent + call.limit - self.at;
        let after = call.treatment.answer_after.cast_signed();
        let is_poll = matches!(call.request, Request::Poll { .. });
        let lost = call.treatment.fate == Fate::AnswerLost || self.weather.outage;
        if call.treatment.fate == Fate::AnswerReset {
            self.plan(after, Happening::GiveUp(id));
        } else if lost || after > limit {
            self.totals.lost += u64::from(lost);
            if !is_poll {
                self.plan(limit.max(0), Happening::GiveUp(id));
            }
        } else {
            call.again = self.chance.in_thousand(5);
            self.plan(after, Happening::Return(id));
        }
    }

    /// Lets the service and the workflows catch up with time.
    pub fn serve(&mut self) {
        for (id, answer) in self.host.advance(self.at) {
            self.answered(id, answer);
        }
        for number in std::mem::take(&mut self.host.asked_to_cancel) {
            self.book.asked_to_cancel(self.at, number);
        }
        if std::mem::take(&mut self.host.swept) {
            self.look_at_all();
        }
        if let Some(next) = self.host.service.next_wake() {
            let at = self.host.local(next).max(self.at);
            if self.service_at.is_none_or(|planned| at < planned) {
                self.service_at = Some(at);
                self.plan(at - self.at, Happening::Service);
            }
        }
    }

    pub fn give_back(&mut self, id: u64) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (again, given_before) = (std::mem::take(&mut call.again), std::mem::replace(&mut call.given, true));
        let (Some(given), false) = (&call.answer, call.dropped) else {
            self.calls.remove(&id);
            return;
        };
        let result = translate::answer(&call.request, given.status, &given.body);
        if let Ok(answer) = &result {
            self.book.answer_read(&call.request, answer);
        }
        let is_poll = matches!(call.request, Request::Poll { .. });
        let date = (self.date_header && !is_poll).then_some(given.clock.div_euclid(1_000) * 1_000);
        let (console, sent) = (call.console, call.sent);
        if again {
            self.totals.duplicates += 1;
            let after = self.chance.between(0, 2_000);
            self.plan(after, Happening::Return(id));
        } else {
            self.calls.remove(&id);
        }
        if date.is_some() && !given_before {
            self.date = Some((self.at, self.at - sent));
        }
        if let Err(failure) = &result {
            self.note(|| format!("call {} failed: {}", console.0, failure.line()));
        }
        let timing = Timing { sent: self.boot(sent), received: self.boot(self.at), date };
        self.event(Event::Answered { call: console, timing, result });
    }

    pub fn no_answer(&mut self, id: u64, phase: Phase) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.answer.is_none() && matches!(call.request, Request::Poll { .. }) {
            self.host.service.forget(RequestId(id));
        }
        let (console, sent) = (call.console, call.sent);
        let dropped = std::mem::replace(&mut call.dropped, true);
        if call.arrived {
            self.calls.remove(&id);
        }
        if dropped {
            return;
        }
        let failure = Failure::new(None, None, "the network failed", phase);
        self.note(|| format!("call {} has no answer: {phase:?}", console.0));
        let timing = Timing { sent: self.boot(sent), received: self.boot(self.at), date: None };
        self.event(Event::Answered { call: console, timing, result: Err(failure) });
    }
}
