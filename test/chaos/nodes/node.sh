# What every node that is a shell begins with. It takes its node's lock, which all that it starts
# holds with it: who finds it taken has been started while something of an earlier life was there.
: >>"$CHAOS_DIR/locks/$CHAOS_NODE"
exec 9<"$CHAOS_DIR/locks/$CHAOS_NODE"
flock -n 9
if [ $? -eq 1 ]; then
  holders=$(grep -l "CHAOS_NODE=$CHAOS_NODE" /proc/[0-9]*/environ 2>/dev/null | tr '\n' ' ')
  echo "$CHAOS_NODE: process $$ of Stem $PPID found its lock taken; of that node are $holders" >>"$CHAOS_DIR/twice"
fi
# A number may be another process's soon: with when it was started it is this one's for good.
read -r stat </proc/$$/stat
set -- $stat
life=$$-${22}
out=0
err=0
progress="$CHAOS_DIR/progress/$CHAOS_NODE.$life.$PPID"
# Numbered lines: $1 of them on stdout and one on stderr, told apart by how they end. Only what is
# written counts.
say() {
  left=$1
  while [ "$left" -gt 0 ]; do
    left=$((left - 1))
    out=$((out + 1))
    echo "~ $CHAOS_NODE $life $out ."
  done
  err=$((err + 1))
  echo "~ $CHAOS_NODE $life $err !" >&2
  # In place: a reader finds the old numbers or the new ones, and never none.
  printf '%10d %10d\n' "$out" "$err" 1<>"$progress"
}
