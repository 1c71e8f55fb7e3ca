#!/usr/bin/env bash
# A sweep of 1,000 trials in 8 shards on a real batch system, a worker killed in the middle, merged, and held
# against the same sweep in one process: the files must be the same, byte for byte.
#
#   benches/engines.sh slurm PROGRAM [WORK_FOLDER]
#   benches/engines.sh hyperqueue PROGRAM [WORK_FOLDER]
#
# slurm needs Debian's packages slurm-wlm and munge, and root; hyperqueue needs the Python package of that name
# (PYTHON names the interpreter that has it). Everything listens on the loopback interface and ends with the
# script. It is no part of the tests.
set -euo pipefail

engine=${1:?slurm or hyperqueue}
program=$(realpath "${2:?the built program}")
desk=${3:-$(mktemp -d)}
shards=8
port=${PORT:-27817}
mkdir -p "$desk"
cd "$desk"
rm -rf parts merged whole state spool-worker1 spool-worker2 munge

say() { printf '%s %s\n' "$(date +%T)" "$*"; }

"$program" generate --size T --start weighted --duration "${DURATION:-12h}" --memory 32GiB -o scenario.json
sweep=(sweep "$desk/scenario.json" --vary queryCoord.memoryUsageMaxDifferencePercentage=1..50:1 --seeds 20 --quiet)

kept() { cat parts/.shard-*.journal parts/shard-*.jsonl 2>/dev/null | grep -c '"trial"' || true; }

# Waits until so many trials are kept.
until_kept() {
    for _ in $(seq 6000); do
        if [ "$(kept)" -ge "$1" ]; then return; fi
        sleep 0.05
    done
    say "only $(kept) trials came"
    exit 1
}

finish() {
    say "all shards ended, $(kept) trials kept"
    "$program" merge parts/shard-*-of-$shards.jsonl -o merged --quiet
    "$program" "${sweep[@]}" -o whole
    diff -r merged whole
    say "$(ls merged | wc -l) files, the same bytes as of one process: $(md5sum < merged/trials.jsonl | cut -c1-32)"
}

slurm() {
    mkdir -p munge state spool-worker1 spool-worker2
    chmod 700 munge
    head -c 1024 /dev/urandom > munge/key
    chmod 400 munge/key
    cat > slurm.conf <<CONF
ClusterName=loopback
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
SlurmctldPort=$port
AuthType=auth/munge
AuthInfo=socket=$desk/munge/socket
CommunicationParameters=NoInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
ReturnToService=2
SlurmdTimeout=10
SlurmctldPidFile=$desk/slurmctld.pid
SlurmdPidFile=$desk/%n.pid
SlurmctldLogFile=$desk/slurmctld.log
SlurmdLogFile=$desk/%n.log
StateSaveLocation=$desk/state
SlurmdSpoolDir=$desk/spool-%n
NodeName=worker1 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1
NodeName=worker2 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1
PartitionName=all Nodes=worker1,worker2 Default=YES MaxTime=INFINITE State=UP
CONF
    export SLURM_CONF="$desk/slurm.conf"
    munged --foreground --force --socket="$desk/munge/socket" --key-file="$desk/munge/key" \
        --pid-file="$desk/munge/pid" --log-file="$desk/munge/log" --seed-file="$desk/munge/seed" 2> munge.out &
    daemons=($!)
    trap 'kill -9 "${daemons[@]}" 2>/dev/null || true' EXIT
    sleep 1
    slurmctld -D -i > slurmctld.out 2>&1 &
    daemons+=($!)
    slurmd -D -N worker1 > worker1.out 2>&1 &
    daemons+=($!)
    slurmd -D -N worker2 > worker2.out 2>&1 &
    worker2=$!
    daemons+=("$worker2")
    for _ in $(seq 60); do
        if [ "$(sinfo -h -t idle -o %D 2>/dev/null || true)" = 2 ]; then break; fi
        sleep 0.5
    done
    say "$(slurmctld -V) runs with $(sinfo -h -o '%D nodes, %t')"
    cat > shard.sh <<SHARD
#!/bin/sh
echo \$\$ > "$desk/task-\$SLURM_ARRAY_TASK_ID.pid"
exec "$program" ${sweep[@]} --threads 1 -o "$desk/parts" --shard "\$SLURM_ARRAY_TASK_ID/$shards"
SHARD
    job=$(sbatch --parsable --requeue --array=1-$shards --output="$desk/task-%a.out" shard.sh)
    say "job $job: $shards tasks"
    until_kept 100
    running=$(squeue -h -w worker2 -t R -o %K)
    say "$(kept) trials kept; worker2 dies with shard $running"
    # As a machine dies: first those who could still tell.
    task=$(cat "task-$running.pid")
    kill -9 "$(ps -o ppid= -p "$task" | tr -d ' ')" "$worker2" "$task"
    for _ in $(seq 600); do
        if [ -z "$(squeue -h -j "$job" 2>/dev/null)" ]; then break; fi
        sleep 0.5
    done
    say "nodes at the end: $(sinfo -h -N -o '%N %t' | tr '\n' ' ')"
}

hyperqueue() {
    if ! "${PYTHON:-python3}" -c 'import hyperqueue'; then
        say "HyperQueue is missing: pip install hyperqueue"
        exit 1
    fi
    cat > engine.py <<'PYTHON'
"""Runs the shards as tasks of a HyperQueue server with two workers; exit code 1 when a task failed."""
import sys
from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig

program, shards, *arguments = sys.argv[1:]
with LocalCluster() as cluster:
    cluster.start_worker(WorkerConfig(cores=1))
    cluster.start_worker(WorkerConfig(cores=1))
    client = cluster.client()
    job = Job(max_fails=None)
    for shard in range(1, int(shards) + 1):
        call = [program, *arguments, "--threads", "1", "-o", "parts", "--shard", f"{shard}/{shards}"]
        job.program(call, cwd=".", stdout=f"task-{shard}.out", stderr=f"task-{shard}.err")
    sys.exit(0 if client.wait_for_jobs([client.submit(job)], raise_on_error=False) else 1)
PYTHON
    "${PYTHON:-python3}" engine.py "$program" $shards "${sweep[@]}" > engine.out 2>&1 &
    server=$!
    trap 'kill -9 "$server" 2>/dev/null || true' EXIT
    say "HyperQueue runs with 2 workers: $shards tasks"
    until_kept 100
    # Its Python package runs server and workers in one process: they die together, and their tasks with them.
    say "$(kept) trials kept; the server, both workers and the shards under way die"
    # shellcheck disable=SC2046 # several process ids
    kill -9 "$server" $(ps -o pid= --ppid "$server")
    wait "$server" 2>/dev/null || true
    say "a new server gets the same $shards tasks"
    "${PYTHON:-python3}" engine.py "$program" $shards "${sweep[@]}" > engine.out 2>&1
}

"$engine"
finish
