#!/usr/bin/env bash
# Runs `lw check` once for each form that is wanted, and ends as the check did.
set -euo pipefail

# Paths, packs and further arguments are lists of words on purpose.
read -r -a paths <<< "${PATHS:-.}"
read -r -a arguments <<< "${ARGUMENTS:-}"
for pack in ${POLICIES:-}; do
  arguments+=(--policy "$pack")
done
if [[ -n "${BASELINE:-}" ]]; then
  arguments+=(--baseline "$BASELINE")
fi

check() {
  lw check "${paths[@]}" "${arguments[@]}" --format "$1"
}

code=0
check github || code=$?
if ((code > 1)); then
  exit "$code"
fi
check sarif > "${SARIF:-linework.sarif}" || true
summary=$(check markdown || true)
if [[ -n "${GITHUB_STEP_SUMMARY:-}" ]]; then
  printf '%s\n' "$summary" >> "$GITHUB_STEP_SUMMARY"
fi
if [[ "${COMMENT:-false}" == true && -n "${PULL_REQUEST:-}" ]]; then
  # One comment, which each run writes anew.
  printf '%s\n' "$summary" |
    gh pr comment "$PULL_REQUEST" --repo "$REPOSITORY" --edit-last --create-if-none --body-file -
fi
exit "$code"
