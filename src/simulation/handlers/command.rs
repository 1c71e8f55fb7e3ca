//! Commands and the clients that wait for their answers.

use super::coordinator::carry_out;
use crate::coordinator::command::{Command, CommandError, Timeout};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::RequestNumber;
use crate::scenario::ReplicaSpec;
use crate::simulation::answers::Answers;
use crate::simulation::clients::{AfterDeadline, Client};
use crate::simulation::event::{Event, rank};
use crate::simulation::history::{CommandOutcome, Observer, Record};
use crate::simulation::world::World;

/// Code of pymilvus when it gives up.
const CLIENT_GAVE_UP: i32 = 1;

/// A client sends a command for the first time.
pub fn begin(world: &mut World, listener: &mut dyn Observer, entry: u32, of: u64, command: &Command) {
    let timeout = match command {
        Command::LoadBalance(call) => call.timeout,
        _ => Timeout::Never,
    };
    let client = Client {
        entry,
        of,
        command: as_declared(world, command),
        timeout,
        started: world.now(),
        attempts: 0,
        request: RequestNumber(0),
    };
    send(world, listener, client);
}

/// A load without a number of replicas takes the number that the collection is declared with.
fn as_declared(world: &World, command: &Command) -> Command {
    match command {
        Command::LoadCollection { collection_name, replica_number: None, resource_groups } => {
            let declared = world.scenario.collections.iter().find(|spec| spec.name == *collection_name);
            let number = declared.map_or(1, |spec| match &spec.replicas {
                ReplicaSpec::Count(ids) => ids.len(),
                ReplicaSpec::Fixed(fixed) => fixed.len(),
            });
            let replica_number = u32::try_from(number).ok();
            Command::LoadCollection {
                collection_name: collection_name.clone(),
                replica_number,
                resource_groups: resource_groups.clone(),
            }
        }
        other => other.clone(),
    }
}

/// Sends a client's request once more.
fn send(world: &mut World, listener: &mut dyn Observer, mut client: Client) {
    let request = RequestNumber(world.next_request);
    world.next_request += 1;
    client.attempts += 1;
    client.request = request;
    if let Some(patience) = client.patience() {
        let at = world.now().saturating_add(patience);
        // Behind the trigger queue: an answer in the very millisecond of the deadline still counts.
        world.at(at, rank::QUEUE, u32::MAX, Event::ClientDeadline(request));
    }
    let command = client.command.clone();
    world.clients.insert(request, client);
    world.ask(|coordinator, hearing, outcome| coordinator.command(request, &command, hearing, outcome));
    carry_out(world, listener);
}

/// The coordinator answers a request. An attempt that its client has given up on is answered to nobody.
pub fn answer(
    world: &mut World,
    listener: &mut dyn Observer,
    request: RequestNumber,
    result: Result<(), CommandError>,
) {
    let Some(client) = world.clients.remove(&request) else { return };
    let (outcome, code, text) = match &result {
        Ok(()) => (CommandOutcome::Success, 0, ""),
        Err(error) => (CommandOutcome::Refused, error.code, error.text.as_str()),
    };
    world.tell(listener, &Record::CommandResult { of: client.of, outcome, code, text });
}

/// A client's patience with an attempt ends; the server goes on all the same.
pub fn deadline(world: &mut World, listener: &mut dyn Observer, request: RequestNumber) {
    let Some(client) = world.clients.get(&request) else { return };
    match client.after_deadline(world.now()) {
        AfterDeadline::GiveUp(text) => {
            let of = client.of;
            world.clients.remove(&request);
            let outcome = CommandOutcome::TimedOut;
            world.tell(listener, &Record::CommandResult { of, outcome, code: CLIENT_GAVE_UP, text: &text });
        }
        AfterDeadline::Retry(pause) => {
            let at = world.now() + pause;
            world.at(at, rank::TIMELINE, u32::MAX, Event::ClientRetry(request));
        }
    }
}

/// A client sends its request again, and no longer listens for the attempt before.
pub fn retry(world: &mut World, listener: &mut dyn Observer, request: RequestNumber) {
    if let Some(client) = world.clients.remove(&request) {
        send(world, listener, client);
    }
}

/// `get_query_segment_info`: answered at once.
pub fn segment_info(world: &mut World, listener: &mut dyn Observer, of: u64, collection_name: &str) {
    let now = world.now();
    let answers = Answers { cluster: &world.cluster, growth: &world.growth, now, releases: &world.releases };
    let hearing = Hearing { now, cluster: &world.cluster, nodes: &answers };
    match world.coordinator.segment_info(collection_name, hearing) {
        Ok(rows) => {
            world.tell(listener, &Record::SegmentInfo { of, rows: &rows });
            let outcome = CommandOutcome::Success;
            world.tell(listener, &Record::CommandResult { of, outcome, code: 0, text: "" });
        }
        Err(error) => {
            let outcome = CommandOutcome::Refused;
            world.tell(listener, &Record::CommandResult { of, outcome, code: error.code, text: &error.text });
        }
    }
}
