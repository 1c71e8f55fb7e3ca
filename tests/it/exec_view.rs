//! What a program is told of tasks that are at work.

use crate::exec_policy::Desk;
use serde_json::Value;

/// Moves the first segment on node 1, whatever is told of it; or the first that no task is about.
const PLANNER: &str = r#"
import json, sys
sys.stdin.readline()
print('{"protocol": 1}', flush=True)
for line in sys.stdin:
    question = json.loads(line)
    held = [one for one in question["view"]["segments"] if one["nodes"] == ["1"]]
    if sys.argv[1] == "careful":
        held = [one for one in held if not one["under_way"]]
    moves = [{"segment": one["id"], "from": "1", "to": "2"} for one in held[:1]]
    said = moves if question["ask"] == "balance_replica" else []
    print(json.dumps({"answer": question["question"], "segments": said}), flush=True)
"#;

#[test]
fn a_program_sees_which_segments_are_under_way() {
    let desk = Desk::new();
    desk.write("planner.py", PLANNER);
    let slow = r#""duration":"1m","hardware":{"load_overhead":"20s"}"#;
    desk.write("slow.json", &desk.text("lopsided.json").replace(r#""duration":"5m""#, slow));
    let planned = |how: &str| {
        let (tee, balancer) = (format!("tee heard | python3 planner.py {how}\n"), "exec:sh listen.sh");
        desk.write("listen.sh", &tee);
        let (code, _, said) = desk.call(&["run", "slow.json", "--balancer", balancer]);
        assert_eq!((code, said.as_str()), (0, ""));
        let summary: Value = serde_json::from_str(&desk.text("out/lopsided/summary.json")).expect("JSON");
        let in_vain = summary["declined"]["MOVE_UNDER_WAY"].as_u64().unwrap_or_default();
        (summary["moves"]["planned"].as_u64(), in_vain > 0)
    };
    assert_eq!(planned("blind"), (Some(3), true), "a task for 20 s, which is planned again in vain");
    assert!(desk.text("heard").contains(r#""under_way":["10000"]"#));
    let (moves, in_vain) = planned("careful");
    assert_eq!((moves, in_vain), (Some(8), false), "all that node 1 holds, one after the other");
}
