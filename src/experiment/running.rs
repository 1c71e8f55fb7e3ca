//! One run under way, whoever plans in it: Milvus's own balancer, or a policy of one's own.

use super::external_policy::policy::{ExternalPolicy, Fault};
use crate::metrics::meter::Ending;
use crate::policy::balance_policy::BalancePolicy;
use crate::policy::watch::Watch;
use crate::scenario::Scenario;
use crate::simulation::history::Observer;
use crate::simulation::run::Simulation;
use crate::simulation::world::World;
use std::sync::Arc;

/// A run under way.
pub struct Running {
    simulation: Simulation,
    balancer: String,
    /// Where the policy notes that it cannot go on.
    fault: Fault,
}

impl Running {
    /// The run of a scenario with the balancer that it names; a program is started for it.
    ///
    /// # Errors
    ///
    /// Texts of what cannot be placed, or of why the program cannot be spoken with.
    pub fn start(scenario: &Arc<Scenario>) -> Result<Running, Vec<String>> {
        Running::watched(scenario, &Watch::default())
    }

    /// The same, with every decision that rests on a key shown to `watch`. What a program decides is not: it
    /// compares out of sight.
    ///
    /// # Errors
    ///
    /// Texts of what cannot be placed, or of why the program cannot be spoken with.
    pub fn watched(scenario: &Arc<Scenario>, watch: &Watch) -> Result<Running, Vec<String>> {
        let balancer = scenario.balancer().to_owned();
        let Some(program) = &scenario.program else {
            let simulation = Simulation::watched(scenario, watch)?;
            return Ok(Running { simulation, balancer, fault: Fault::default() });
        };
        let policy = ExternalPolicy::start(scenario, program)?;
        let fault = policy.fault();
        let simulation = Simulation::with_policy(scenario, Box::new(policy))?;
        Ok(Running { simulation, balancer, fault })
    }

    /// The run of a scenario with a policy of one's own, which the results call `name`; see
    /// [`Simulation::with_policy`].
    ///
    /// # Errors
    ///
    /// Texts of what cannot be placed.
    pub fn with_policy(
        scenario: &Arc<Scenario>,
        name: &str,
        policy: Box<dyn BalancePolicy>,
    ) -> Result<Running, Vec<String>> {
        let simulation = Simulation::with_policy(scenario, policy)?;
        Ok(Running { simulation, balancer: name.to_owned(), fault: Fault::default() })
    }

    /// Handles the next event; false when none is left before the end.
    ///
    /// # Errors
    ///
    /// Texts of why the run cannot go on: who plans in it gives no answer.
    pub fn step(&mut self, listener: &mut dyn Observer) -> Result<bool, Vec<String>> {
        let is_going = self.simulation.step(listener);
        self.fault.get().map_or(Ok(is_going), |fault| Err(fault.clone()))
    }

    /// The world as it is, to look at.
    pub fn world(&self) -> &World {
        self.simulation.world()
    }

    /// What a meter does not know by itself, at the end of the run.
    pub fn ending(&self) -> Ending {
        let world = self.world();
        let (balancer, digest, events) = (self.balancer.clone(), world.digest(), world.lines());
        Ending { balancer, digest, events, samples_written: 0 }
    }
}
