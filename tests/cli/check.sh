#!/bin/sh
# restyle check: every file of tests/pipelines/ok and every shipped pipeline is
# fine; every one of tests/pipelines/bad gives exactly its .expect (standard
# error, then the exit code). RECORD=1 writes the .expect files anew.
set -u
restyle=${B:=build}/restyle
failed=0
fail() { echo "$*"; failed=1; }
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT

for f in tests/pipelines/ok/*.yaml; do
    "$restyle" check "$f" >"$out" 2>&1 || { cat "$out"; fail "$f: should be fine"; }
    [ "$(cat "$out")" = "$f: ok" ] || fail "$f: says $(cat "$out")"
    # Its resolved form is a pipeline again, and resolves to itself.
    "$restyle" check "$f" --resolved >"$out" || fail "$f: --resolved fails"
    "$restyle" check "$out" --resolved | diff "$out" - || fail "$f: resolving twice differs"
done
# The frames of frames.yaml are the user's, and the model may still be in the making.
for f in pipelines/*.yaml; do
    "$restyle" check "$f" --input samples --model tests/golden/tiny || fail "$f: should be fine"
done
for f in tests/pipelines/bad/*.yaml; do
    "$restyle" check "$f" 2>"$out" >/dev/null
    echo "exit $?" >>"$out"
    [ -z "${RECORD:-}" ] || cp "$out" "${f%.yaml}.expect"
    diff "${f%.yaml}.expect" "$out" || fail "$f: other diagnostics than expected"
done
exit $failed
