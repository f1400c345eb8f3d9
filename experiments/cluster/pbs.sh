#!/usr/bin/env bash
# Rendered by `scalesearch cluster pbs`. Submit: qsub THIS_FILE
#PBS -N best-1e21
#PBS -l select=4:ncpus=32:mpiprocs=1
#PBS -l place=scatter:excl
#PBS -l walltime=12:00:00
#PBS -j oe
#PBS -r y
set -uo pipefail
cd "$PBS_O_WORKDIR" || exit 1
ulimit -n "$(ulimit -Hn)"
export RAY_USAGE_STATS_ENABLED=0

# A Ray cluster in this allocation: the head here, a worker on every other node.
umask 077
mkdir -p "$HOME/.scalesearch"
id="${PBS_JOBID%%[!0-9]*}"
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH="$HOME/.scalesearch/$id.token"
[ -s "$RAY_AUTH_TOKEN_PATH" ] || python3 -c 'import secrets; print(secrets.token_hex(32))' >"$RAY_AUTH_TOKEN_PATH"
mapfile -t nodes < <(sort -u "$PBS_NODEFILE")
port=$((20000 + id % 10000))
head_address="$(hostname --ip-address | cut -d' ' -f1):$port"
resources=(--num-cpus=32 --disable-usage-stats)
temporary="/tmp/ray-$id"  # short and on the node: sockets live there

ray start --head --block --node-ip-address="${head_address%:*}" --port="$port" --include-dashboard=false \
    --temp-dir="$temporary" "${resources[@]}" &
until ray health-check --address "$head_address" >/dev/null 2>&1; do
    kill -0 $! || exit 1
    sleep 1
done
for node in "${nodes[@]}"; do
    if [ "${node%%.*}" != "$(hostname -s)" ]; then
        pbs_tmrsh "$node" env PATH="$PATH" RAY_USAGE_STATS_ENABLED=0 RAY_AUTH_MODE=token \
            RAY_AUTH_TOKEN_PATH="$RAY_AUTH_TOKEN_PATH" \
            "$(command -v ray)" start --address="$head_address" --block "${resources[@]}" &
    fi
done

go_on() {
    qsub -W depend=afterany:"$PBS_JOBID" "$0"
}
out=results/best-1e21

# State and number of evaluations that have ended, such as `stopped 17`.
state() {
    scalesearch status "$out" --json 2>/dev/null | python3 -c '
import json, sys
status = json.loads(sys.stdin.read() or "{}")
print(status.get("state", "waiting"), status.get("done", 0) + status.get("failed", 0))'
}

before=$(state)
driver=
warn() {  # the batch system's warning: the driver takes in what has ended and leaves everything on disk
    [ -z "$driver" ] || kill -TERM "$driver" 2>/dev/null
}
trap warn TERM
trap 'kill $(jobs -p) 2>/dev/null' EXIT

scalesearch search experiments/jobs/best-1e21.yaml --out "$out" --resume --quiet --walltime 42900 \
    --runner ray --address "$head_address" &
driver=$!
wait "$driver"
code=$?
while kill -0 "$driver" 2>/dev/null; do  # a signal ends `wait`, not the driver
    wait "$driver"
    code=$?
done

# Out of time with work left: once more, unless this run brought nothing and the next would not either.
after=$(state)
if [ "${after% *}" = stopped ] && [ "${after#* }" != "${before#* }" ]; then
    echo "not finished: $after evaluations have ended; going on in another allocation"
    go_on && exit 0
fi
exit "$code"
