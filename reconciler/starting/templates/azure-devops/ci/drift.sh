#!/bin/sh
# What departs from the specs, as the summary of the run and as one work item. Where that cannot be written, the run
# ends with a warning.
set -eu
code=0
reconciler drift --tenant "$TENANT" --format markdown >drift.md || code=$?
case $code in
  0) state=closed ;;
  2) state=open ;;
  *) exit "$code" ;; # not known: no statement about drift
esac
echo "##vso[task.uploadsummary]$PWD/drift.md"
if python ci/azure.py drift drift.md "$state"; then
  exit 0
fi
echo "##vso[task.logissue type=warning]The work item about drift could not be kept: the log of this step says why."
if [ "$state" = open ]; then
  echo "##vso[task.logissue type=warning]The tenant $TENANT departs from the specs: see the summary of this run."
  echo "##vso[task.complete result=SucceededWithIssues;]"
fi
