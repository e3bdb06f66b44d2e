#!/bin/sh
# The main job on a machine without a screen: learn Pong for two minutes, measure, and say where everything lies.
set -eu
lab=$1
run=${LAB_RUNS:-runs}/demo-$(date +%Y%m%d-%H%M%S)
echo "There is no screen, so here is the main job headless: DQN learns Pong for two minutes."
"$lab" train dqn --game pong --minutes 2 --run "$run"
"$lab" eval "$run" --episodes 4
"$lab" show "$run" curves --out "$run/media/curves.png" >/dev/null
"$lab" watch "$run" --video "$run/media/watch.mp4" --seconds 30 >/dev/null
echo "run folder:  $run"
echo "curves:      $run/media/curves.png"
echo "video:       $run/media/watch.mp4"
echo "Two minutes are too few to win. \`$lab resume $run --steps 1000000\` continues it; \`$lab watch pong\` shows the shipped agent."
