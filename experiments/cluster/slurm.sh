#!/usr/bin/env bash
# Rendered by `scalesearch cluster slurm`. Submit: sbatch THIS_FILE
#SBATCH --job-name=best-1e21
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --time=12:00:00
#SBATCH --signal=B:TERM@300
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=best-1e21-%j.log
#SBATCH --cpus-per-task=32
set -uo pipefail
cd "$SLURM_SUBMIT_DIR" || exit 1
ulimit -n "$(ulimit -Hn)"
export RAY_USAGE_STATS_ENABLED=0

# A Ray cluster in this allocation: the head here, a worker on every other node.
umask 077
mkdir -p "$HOME/.scalesearch"
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH="$HOME/.scalesearch/$SLURM_JOB_ID.token"
[ -s "$RAY_AUTH_TOKEN_PATH" ] || python3 -c 'import secrets; print(secrets.token_hex(32))' >"$RAY_AUTH_TOKEN_PATH"
mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
port=$((20000 + SLURM_JOB_ID % 10000))
head_address="$(hostname --ip-address | cut -d' ' -f1):$port"
resources=(--num-cpus="${SLURM_CPUS_PER_TASK:-$SLURM_CPUS_ON_NODE}" --disable-usage-stats)
temporary="/tmp/ray-$SLURM_JOB_ID"  # short and on the node: sockets live there

ray start --head --block --node-ip-address="${head_address%:*}" --port="$port" --include-dashboard=false \
    --temp-dir="$temporary" "${resources[@]}" &
until ray health-check --address "$head_address" >/dev/null 2>&1; do
    kill -0 $! || exit 1
    sleep 1
done
if [ "${#nodes[@]}" -gt 1 ]; then
    others=$(IFS=,; echo "${nodes[*]:1}")
    srun --nodes=$((${#nodes[@]} - 1)) --ntasks=$((${#nodes[@]} - 1)) --nodelist="$others" --export=ALL \
        ray start --address="$head_address" --block "${resources[@]}" &
fi

go_on() {
    scontrol requeue "$SLURM_JOB_ID"
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
