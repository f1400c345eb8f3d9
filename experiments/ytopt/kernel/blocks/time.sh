#!/bin/sh
# The time of a made-up kernel: blocks of 20 do not compile, a parallel loop saves half a second.
[ "$1" = 20 ] && exit 1
[ "$2" = " " ] && echo "$1" || echo "$1.0e0 0.5" | awk '{print $1 - $2}'
