#!/bin/sh
# Everything public is documented, and the manual builds without a warning.
echo 1..1
report=$(ldoc --fatalwarnings -q -c config.ld -d build/doc . 2>&1)
status=$?
if [ $status = 0 ] && ! echo "$report" | grep -q 'undocumented\|mismatch\|contains no items'; then
    echo "ok 1 - ldoc"
    exit 0
fi
echo "$report" | sed 's/^/# /'
echo "not ok 1 - ldoc"
exit 1
