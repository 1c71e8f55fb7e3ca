"""Evens memory by bytes: from the fullest node to the emptiest, while that narrows the gap."""
import json
import sys


def answer(question):
    view = question["view"]
    nodes = {node["id"]: (node["used_bytes"] or 0) + node["pending_bytes"] for node in view["nodes"]}
    if question["ask"] == "assign_segments":
        load = {node: nodes[node] for node in question["nodes"]}
        moves = []
        for segment in question["segments"] if load else []:
            to = min(load, key=lambda node: (load[node], int(node)))
            load[to] += segment["memory_bytes"]
            moves.append({"segment": segment["segment"], "to": to})
        return {"segments": moves}
    if question["ask"] == "assign_channels":
        channels = question["channels"] if question["nodes"] else []
        return {"channels": [{"channel": one["channel"], "to": question["nodes"][0]} for one in channels]}
    replica = next(one for one in view["replicas"] if one["id"] == question["replica"])
    members = sorted(replica["rw_nodes"], key=lambda node: (nodes[node], int(node)))
    if not members:
        return {}
    to, source = members[0], members[-1]
    gap = nodes[source] - nodes[to]
    fitting = [one for one in view["segments"] if source in one["nodes"] and 2 * one["memory_bytes"] <= gap]
    if not fitting:
        return {"declined": {"left": gap, "right": 0}}
    best = max(fitting, key=lambda one: (one["memory_bytes"], int(one["id"])))
    move = {"segment": best["id"], "from": source, "to": to, "reason": {"left": gap, "right": 0}}
    return {"segments": [move]}


json.loads(sys.stdin.readline())
print(json.dumps({"protocol": 1}), flush=True)
for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps({"answer": question["question"], **answer(question)}), flush=True)
