//! Which reasons are news: a replica that is declined for the same reason again and again is told once.

use crate::model::ids::ReplicaIndex;
use crate::policy::reason::ReasonCode;
use crate::units::SimTime;
use smallvec::SmallVec;

/// The codes of a round: few, so that they need no memory of their own.
type Codes = SmallVec<[ReasonCode; 8]>;

/// The codes of one replica's last two rounds.
#[derive(Debug, Clone, Default)]
struct Rounds {
    at: Option<SimTime>,
    codes: Codes,
    before: Codes,
}

/// What every replica was last declined for.
#[derive(Debug, Clone, Default)]
pub struct LastDeclined {
    cluster: Rounds,
    replicas: Vec<Rounds>,
}

impl LastDeclined {
    /// Takes note of a reason; true when it differs from the one at the same place of the round before.
    pub fn is_new(&mut self, now: SimTime, replica: Option<ReplicaIndex>, code: ReasonCode) -> bool {
        let rounds = match replica {
            None => &mut self.cluster,
            Some(replica) => {
                if self.replicas.len() <= replica.position() {
                    self.replicas.resize_with(replica.position() + 1, Rounds::default);
                }
                &mut self.replicas[replica.position()]
            }
        };
        if rounds.at != Some(now) {
            rounds.at = Some(now);
            std::mem::swap(&mut rounds.before, &mut rounds.codes);
            rounds.codes.clear();
        }
        rounds.codes.push(code);
        rounds.before.get(rounds.codes.len() - 1) != Some(&code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_reasons_in_the_next_round_are_no_news() {
        let mut last = LastDeclined::default();
        let replica = Some(ReplicaIndex(3));
        let round = |last: &mut LastDeclined, at, codes: &[ReasonCode]| {
            codes.iter().map(|code| last.is_new(SimTime::from_ms(at), replica, *code)).collect::<Vec<_>>()
        };
        let lost = [ReasonCode::NodeInfoFailed, ReasonCode::NodeInfoFailed, ReasonCode::TooFewNodes];
        assert_eq!(round(&mut last, 1, &lost), [true, true, true]);
        assert_eq!(round(&mut last, 2, &lost), [false, false, false]);
        assert_eq!(
            round(&mut last, 3, &[ReasonCode::NodeInfoFailed, ReasonCode::TooFewNodes]),
            [false, true]
        );
        assert!(last.is_new(SimTime::from_ms(3), None, ReasonCode::NodeInfoFailed));
    }
}
