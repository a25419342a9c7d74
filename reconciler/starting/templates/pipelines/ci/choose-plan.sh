#!/bin/sh
# Which plan will run: the one that was reviewed (reviewed.json), if it still fits specs and tenant; else a new one, which
# whoever approves the run has to look at. It is left in plan.json, and shown in plan.md. Prints what the next job has to
# know: pending=true|false, reviewed=true|false. Needs an identity that can read.
set -eu
reviewed=false
code=0
reconciler plan --tenant "$TENANT" --out plan.json --detailed-exitcode >&2 || code=$?
case $code in
  0) pending=false ;;
  2) pending=true ;;
  *) exit "$code" ;;
esac
# The reviewed plan is only what the pull request's own pipeline uploaded, and what it consents to and leaves out stands in
# it. So it has to want the same as the plan from these specs; `apply` then sees to it that the changes come out the same.
same() {
  python - <<'EOF'
import json
import sys

def wants(path):
    with open(path, encoding="utf-8") as file:
        plan = json.load(file)
    changes = [(each["address"], each["action"]) for each in plan["changes"] if each["action"] != "no-op"]
    return sorted(changes), plan.get("consent"), plan.get("source")

try:
    sys.exit(0 if wants("reviewed.json") == wants("plan.json") else 1)
except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
    sys.exit(1)
EOF
}
if [ $pending = true ] && [ -f reviewed.json ]; then
  if ! same; then
    echo "The plan that was reviewed is not what these specs come to in this tenant now. A new one takes its place." >&2
  elif reconciler apply --plan reviewed.json --dry-run --tenant "$TENANT" >/dev/null; then
    mv reviewed.json plan.json
    reviewed=true
  else
    echo "The plan that was reviewed does not fit any more: see above. A new one takes its place." >&2
  fi
fi
{
  if [ $pending = false ]; then
    echo "Nothing to do."
  elif [ $reviewed = true ]; then
    echo "This is the plan that was reviewed."
  else
    echo "**Nobody has reviewed this plan.** Read it before you approve the run."
  fi
  echo
  reconciler show plan.json --format markdown
} >plan.md
echo "pending=$pending"
echo "reviewed=$reviewed"
