#!/usr/bin/env bash
# Rendered by `scalesearch cluster ray-job`: the driver runs on the head of a Ray cluster that is there already.
# It takes the package ray[default], here and there. The folder of the job file goes along.
set -euo pipefail
export RAY_USAGE_STATS_ENABLED=0
: "${RAY_API_SERVER_ADDRESS:=http://127.0.0.1:8265}"
export RAY_API_SERVER_ADDRESS
ray job submit --submission-id best-1e21-"$(date +%s)" --no-wait --working-dir experiments/jobs -- \
    scalesearch search best-1e21.yaml --out /shared/results/best-1e21 --resume --quiet --runner ray --address auto
