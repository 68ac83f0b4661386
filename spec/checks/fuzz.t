#!/bin/sh
# A short run of each fuzz target; `make fuzz` runs longer.
targets=$(for f in spec/fuzz/fuzz_*.c; do basename "$f" .c | sed s/fuzz_//; done)
echo "1..$(echo "$targets" | wc -l)"
n=0 failed=0
for target in $targets; do
    n=$((n + 1))
    mkdir -p "build/fuzz/found/$target"
    if "build/fuzz/$target" -max_total_time=2 -timeout=10 -rss_limit_mb=1024 \
        -artifact_prefix="build/fuzz/$target-" "build/fuzz/found/$target" "spec/fuzz/corpus/$target" \
        >"build/fuzz/$target.log" 2>&1; then
        echo "ok $n - fuzz $target"
    else
        tail -n 40 "build/fuzz/$target.log" | sed 's/^/# /'
        echo "not ok $n - fuzz $target"
        failed=1
    fi
done
exit $failed
