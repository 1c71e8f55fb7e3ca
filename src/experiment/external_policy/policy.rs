//! A balance policy that hands every question on to a program.

use super::answer;
use super::conversation::Conversation;
use super::question::{Greeting, PROTOCOL, Subject, line};
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use crate::policy::balance_policy::{Ask, BalancePolicy, ChannelToAssign, Force, SegmentToAssign};
use crate::policy::plan::{BalancePlan, ChannelPlan, SegmentPlan};
use crate::scenario::program::Program;
use crate::scenario::{Chance, Scenario};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// Why the run cannot go on, once it cannot: shared by the policy, which finds out, and the run, which looks
/// after every event. A policy cannot fail, so from then on it plans nothing.
pub type Fault = Rc<OnceCell<Vec<String>>>;

/// The program, and where its first fault is noted.
pub struct ExternalPolicy {
    name: String,
    talk: RefCell<Talk>,
    fault: Fault,
}

struct Talk {
    conversation: Conversation,
    questions: u64,
}

impl ExternalPolicy {
    /// Starts the program for a run of `scenario` and greets it.
    ///
    /// # Errors
    ///
    /// Texts of why it cannot be started, or does not greet back.
    pub fn start(scenario: &Scenario, program: &Program) -> Result<ExternalPolicy, Vec<String>> {
        let prefix = format!("balancer {}", program.name);
        let conversation = Conversation::start(&program.words, program.answer_within);
        let mut conversation = conversation.map_err(|fault| vec![format!("{prefix}: {fault}")])?;
        let greeting = Greeting {
            evenkeel: env!("CARGO_PKG_VERSION"),
            protocol: PROTOCOL,
            scenario: &scenario.name,
            milvus: scenario.release.to_string(),
            seed: scenario.seed,
            shuffles: scenario.chance == Chance::Seeded,
        };
        let greeting = serde_json::to_vec(&greeting).expect("names and numbers are JSON");
        let answered = conversation.ask(greeting).and_then(|line| answer::greeting(&line));
        if let Err(fault) = answered {
            return Err(told(&format!("{prefix}: the greeting"), &fault, conversation.end()));
        }
        let talk = RefCell::new(Talk { conversation, questions: 0 });
        Ok(ExternalPolicy { name: program.name.clone(), talk, fault: Fault::default() })
    }

    /// Where the first fault will be noted.
    pub fn fault(&self) -> Fault {
        Rc::clone(&self.fault)
    }

    fn ask(&self, ask: &Ask<'_>, subject: Subject<'_>) -> BalancePlan {
        if self.fault.get().is_some() {
            return BalancePlan::default();
        }
        let mut talk = self.talk.borrow_mut();
        talk.questions += 1;
        let number = talk.questions;
        let said = talk.conversation.ask(line(ask, number, subject));
        said.and_then(|said| answer::plan(&said, ask, number, subject)).unwrap_or_else(|fault| {
            let (what, at) = (subject.name(), ask.facts.now());
            let place = format!("balancer {}: question {number}, {what} at {at}", self.name);
            let _ = self.fault.set(told(&place, &fault, talk.conversation.end()));
            BalancePlan::default()
        })
    }
}

/// A fault in lines, with what the program said on standard error.
fn told(place: &str, fault: &str, errors: Vec<String>) -> Vec<String> {
    let mut lines = vec![format!("{place}: {fault}")];
    lines.extend(errors.into_iter().map(|line| format!("its standard error: {line}")));
    lines
}

impl BalancePolicy for ExternalPolicy {
    fn assign_segments(
        &self,
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        segments: &[SegmentToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<SegmentPlan> {
        self.ask(ask, Subject::Segments(collection, segments, nodes, force.is_forced())).segments
    }

    fn assign_channels(
        &self,
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        channels: &[ChannelToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<ChannelPlan> {
        self.ask(ask, Subject::Channels(collection, channels, nodes, force.is_forced())).channels
    }

    fn balance_replica(&self, ask: &mut Ask<'_>, replica: ReplicaIndex) -> BalancePlan {
        self.ask(ask, Subject::Replica(replica))
    }
}
